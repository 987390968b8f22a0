using System.Globalization;
using System.Xml.Linq;
using Engine.Bench.Figures;
using Xunit;

namespace Engine.Tests.Bench;

public class FigureTests
{
    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void SvgNamesItselfAndShowsSeriesAndLegend()
    {
        var solid = new Series("n = 1 & <5>", [0, 1, 2], [1, 2, 3]);
        var dashed = new Series("5-mix", [0, 1, 2], [3, 2, 1]) { Dashed = true };
        var root = Draw(Panel(solid, dashed));
        Assert.Equal("A \"title\" & more", root.Element(s_svg + "title")!.Value);
        Assert.Matches(@"^0 0 \d+ \d+$", root.Attribute("viewBox")!.Value);
        Assert.Contains("n = 1 & <5>", Texts(root));
        Assert.Contains("5-mix", Texts(root));
        Assert.Contains("prefers-color-scheme:dark", root.Element(s_svg + "style")!.Value);

        // Two in the plot, two in the legend.
        Assert.Equal(4, root.Descendants(s_svg + "polyline").Count());
        Assert.Equal(2, Of(root, "line dashed").Count());
    }

    [Fact]
    public void SameLabelHasOneEntryAndOneColour()
    {
        var root = Draw(Panel(new Series("a", [0, 1], [1, 2])), Panel(new Series("b", [0, 1], [1, 2]), new Series("a", [0, 1], [2, 1])));
        Assert.Equal(1, Texts(root).Count(text => text == "a"));
        var lines = root.Descendants(s_svg + "title").Where(title => title.Value == "a").Select(title => title.Parent!);
        Assert.Equal(["s0", "s0"], lines.Select(Class));
    }

    [Theory]
    [InlineData(Scale.Linear, double.NaN)]
    [InlineData(Scale.Linear, double.PositiveInfinity)]
    [InlineData(Scale.Log, double.NaN)]
    [InlineData(Scale.Log, 0)]
    [InlineData(Scale.Log, -1)]
    public void ValuesWithoutPlaceAreGaps(Scale scale, double hole)
    {
        var panel = new Panel("p", "x", "y") { YScale = scale, Series = { new Series("", [0, 1, 2, 3, 4], [1, 2, hole, 3, 4]) } };
        var lines = Draw(panel).Descendants(s_svg + "polyline").ToArray();
        Assert.Equal([2, 2], lines.Select(line => Points(line).Length));
    }

    [Fact]
    public void NamesStandInPlaceOfNumbersFromTheTop()
    {
        var dots = new Series("a", [1, 2, 3], [0, 1, 2]) { Markers = true, Joined = false };
        var root = Draw(new Panel("p", "x", "") { YNames = ["first", "second", "third"], Series = { dots } });
        double[] heights = [.. ((string[])["first", "second", "third"]).Select(name => double.Parse(
            root.Descendants(s_svg + "text").Single(text => text.Value == name).Attribute("y")!.Value, CultureInfo.InvariantCulture))];
        Assert.Equal(heights.Order(), heights);
        Assert.Equal(heights[1] - heights[0], heights[2] - heights[1], 1);

        // Marks in the plot and one in the legend, but no line.
        Assert.Equal(4, Of(root, "mark").Count());
        Assert.Empty(root.Descendants(s_svg + "polyline"));
    }

    [Fact]
    public void BandIsAPolygonAroundTheLine()
    {
        var root = Draw(Panel(Series.Around("a", [0, 1, 2], [1, 2, 3], [0.5, 0.5, 0.5])));
        var band = Points(Assert.Single(root.Descendants(s_svg + "polygon")));
        var line = Points(root.Descendants(s_svg + "polyline").First());
        Assert.Equal(6, band.Length);
        for (int i = 0; i < 3; i++)
        {
            Assert.True(band[i].Y < line[i].Y);
            Assert.True(band[5 - i].Y > line[i].Y);
        }
    }

    [Fact]
    public void BandThatReachesBelowALogarithmicAxisEndsAtItsFoot()
    {
        var panel = new Panel("p", "x", "y") { YScale = Scale.Log, Series = { Series.Around("a", [0, 1], [1, 0.1], [0.5, 0.2]) } };
        var band = Points(Draw(panel).Descendants(s_svg + "polygon").Single());
        Assert.Equal(4, band.Length);
        Assert.Equal(200, band[2].Y);
    }

    [Fact]
    public void LongSeriesKeepTheirPeaksInFewPoints()
    {
        double[] x = [.. Enumerable.Range(0, 100_000).Select(i => (double)i)];
        double[] y = [.. x.Select(i => Math.Sin(i))];
        y[54_321] = 50;
        var points = Points(Draw(Panel(new Series("", x, y))).Descendants(s_svg + "polyline").First());
        Assert.InRange(points.Length, 400, 510);
        Assert.InRange(points.Min(point => point.Y), 0, 15);
    }

    [Fact]
    public void DrawingTwiceGivesTheSameText()
    {
        static string Once() => Figure(Panel(Series.Around("a", [0, 1, 2], [1, 2, 3], [1, 1, 1]))).ToSvg();
        Assert.Equal(Once(), Once());
        Assert.DoesNotContain('\r', Once());
    }

    [Fact]
    public void EveryTextLiesWithinThePicture()
    {
        string word = "averyveryverylongwordwithoutanyspace ";
        var panel = new Panel(word + word + word, word, word + word)
        {
            Series = { new Series(word + word + word, [1e-7, 3e-7], [-123456, 98765]) },
        };
        var root = Draw(panel, panel);
        double width = Number(root.Attribute("width")!.Value);
        foreach (var text in root.Descendants(s_svg + "text").Where(text => text.Attribute("x") is not null))
        {
            double x = Number(text.Attribute("x")!.Value) + text.Ancestors(s_svg + "g").Sum(Shift);
            double length = Typesetting.Width(text.Value, Class(text) switch { "head" => 16, "panel" => 13, "label" => 12, _ => 11 });
            double left = (string?)text.Attribute("text-anchor") switch { "middle" => x - length / 2, "end" => x - length, _ => x };
            Assert.InRange(left, 0, width - length);
        }
    }

    [Fact]
    public void NothingToShowIsSaid()
        => Assert.Contains("no data", Texts(Draw(Panel(new Series("a", [0, 1], [double.NaN, double.NaN])))));

    [Fact]
    public void MistakesInSeriesAreNamed()
    {
        var e = Assert.Throws<ArgumentException>(() => Draw(Panel(new Series("n = 5", [0, 1], [1]))));
        Assert.Contains("n = 5", e.Message);
        Assert.Throws<ArgumentException>(() => new Figure("empty").ToSvg());
    }

    private static Panel Panel(params Series[] series) => new("(a) Error", "Iteration", "MSE") { Series = series };

    private static Figure Figure(params Panel[] panels) => new("A \"title\" & more") { Panels = panels };

    private static XElement Draw(params Panel[] panels) => XDocument.Parse(Figure(panels).ToSvg()).Root!;

    private static IEnumerable<string> Texts(XElement root) => root.Descendants(s_svg + "text").Select(text => text.Value);

    private static IEnumerable<XElement> Of(XElement root, string cssClass) => root.Descendants().Where(e => Class(e) == cssClass);

    private static string? Class(XElement element) => (string?)element.Attribute("class");

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static double Shift(XElement group)
        => (string?)group.Attribute("transform") is { } move ? Number(move["translate(".Length..].Split(' ')[0]) : 0;

    private static (double X, double Y)[] Points(XElement line)
        => [.. line.Attribute("points")!.Value.Split(' ').Select(point => point.Split(',')).Select(p => (Number(p[0]), Number(p[1])))];
}
