using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Engine.Bench.Figures;
using SkiaSharp;
using Xunit;

namespace Engine.Tests.Bench;

public partial class FigureTests
{
    private const string First = "#1F5BB8", Second = "#EE5A14", Neutral = "#7D858E";
    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void SvgNamesItselfAndShowsSeriesAndLegend()
    {
        var solid = new Series("n = 1 & <5>", [0, 1, 2], [1, 2, 3]);
        var dashed = new Series("5-mix", [0, 1, 2], [3, 2, 1]) { Dashed = true };
        var root = Draw(Panel(solid, dashed));
        Assert.Equal("A \"title\" & more", root.Element(s_svg + "title")!.Value);
        Assert.Matches(@"^0 0 \d+ \d+$", root.Attribute("viewBox")!.Value);
        string[] expected = ["A \"title\" & more", "Error", "Iteration", "MSE", "n = 1 & <5>", "5-mix", "0", "0.5", "3"];
        Assert.Empty(expected.Except(Texts(root)));

        // One in the plot, one in the legend.
        Assert.Equal(2, Lines(root, First).Count());
        Assert.Equal(2, Lines(root, Second).Count(line => line.Attribute("stroke-dasharray") is not null));
        Assert.Equal(2, root.Descendants().Count(element => element.Attribute("stroke-dasharray") is not null));
    }

    [Fact]
    public void EveryColourHasOneForDarkPages()
    {
        var root = Draw(
            new Panel("p", "x", "y")
            {
                YScale = Scale.Log,
                Targets = [1],
                Series = [.. Enumerable.Range(-1, 12).Select(color => Series.Around($"{color}", [1, 2], [1, 2], [0.5, 0.5]) with
                {
                    Color = color,
                    Markers = true,
                })],
            },
            Panel());
        string style = root.Element(s_svg + "style")!.Value;
        string dark = style[style.IndexOf("@media (prefers-color-scheme:dark)", StringComparison.Ordinal)..];
        foreach (string property in (string[])["fill", "stroke"])
        {
            var colours = root.Descendants().Attributes(property).Select(colour => colour.Value).Distinct().Except(["none"]);
            Assert.All(colours, colour => Assert.Contains($"[{property}=\"{colour}\"]{{{property}:#", dark));
        }
    }

    [Fact]
    public void TextsAskForAFontThatEveryPageHasAndStayInPlaceWithIt()
    {
        var root = Draw(new Panel("Error", "Iteration", "MSE") { YNames = ["name"], Series = { new("a", [0, 1], [0, 0]) } });
        Assert.Contains("sans-serif", root.Element(s_svg + "style")!.Value);
        Assert.All(root.Descendants(s_svg + "text"), text => Assert.Null(text.Attribute("font-family")));
        Assert.Equal("middle", Anchor("MSE"));
        Assert.Equal("middle", Anchor("Iteration"));
        Assert.Equal("middle", Anchor("0"));
        Assert.Equal("end", Anchor("name"));
        Assert.Equal("start", Anchor("a"));

        string Anchor(string label) => root.Descendants(s_svg + "text").First(text => text.Value == label).Attribute("text-anchor")!.Value;
    }

    [Fact]
    public void SameLabelHasOneEntryAndOneColour()
    {
        var root = Draw(Panel(new Series("a", [0, 1], [1, 2])), Panel(new Series("b", [0, 1], [1, 2]), new Series("a", [0, 1], [2, 1])));
        Assert.Equal(1, Texts(root).Count(text => text == "a"));
        Assert.Equal(3, Lines(root, First).Count());
        Assert.Equal(2, Lines(root, Second).Count());
    }

    [Fact]
    public void SeveralPanelsHaveLetters()
    {
        Assert.Contains("Error", Texts(Draw(Panel())));
        Assert.Empty(((string[])["(a) Error", "(b) Error"]).Except(Texts(Draw(Panel(), Panel()))));
    }

    [Fact]
    public void PanelsHaveLettersAsLongAsThereAreSome()
    {
        Assert.Contains("(z) Error", Texts(Draw([.. Enumerable.Repeat(Panel(), 26)])));
        Assert.Equal(27, Texts(Draw([.. Enumerable.Repeat(Panel(), 27)])).Count(text => text == "Error"));
    }

    [Fact]
    public void CaptionSaysWhatLinesAndBandsAre()
    {
        string caption = Figure.OverSeeds(5);
        Assert.Contains(caption, Texts(XDocument.Parse(new Figure("t") { Caption = caption, Panels = { Panel() } }.ToSvg()).Root!));
        Assert.Matches("means over 5 seeds.*one standard deviation", caption);
        Assert.Equal("one seed", Figure.OverSeeds(1));
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
        var lines = Assert.Single(Lines(Draw(panel), First)).Attribute("d")!.Value.Split('M', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal([2, 2], lines.Select(line => Points(line).Length));
    }

    [Fact]
    public void PointBetweenGapsIsADot()
    {
        var root = Draw(Panel(new Series("", [0, 1, 2, 3, 4], [1, double.NaN, 3, double.NaN, 4])));
        Assert.Equal(3, root.Descendants().Count(element => (string?)element.Attribute("fill") == First));
    }

    [Fact]
    public void NamesStandInPlaceOfNumbersFromTheTop()
    {
        var dots = new Series("a", [1, 2, 3], [0, 1, 2]) { Markers = true, Joined = false };
        var root = Draw(new Panel("p", "x", "") { YNames = ["first", "second", "third"], Series = { dots } });
        double[] heights = [.. ((string[])["first", "second", "third"]).Select(name => Numbers(
            root.Descendants(s_svg + "text").Single(text => text.Value == name).Attribute("transform")!.Value)[1])];
        Assert.Equal(heights.Order(), heights);
        Assert.Equal(heights[1] - heights[0], heights[2] - heights[1], 1);

        // Marks in the plot and one in the legend, but no line.
        Assert.Equal(4, root.Descendants().Count(element => (string?)element.Attribute("fill") == First));
        Assert.Empty(Lines(root, First));
    }

    [Fact]
    public void PointsOfNamesHaveBars()
    {
        var dots = new Series("a", [1, 2], [0, 1]) { Markers = true, Joined = false, Lower = [0.5, 1.5], Upper = [2, 4] };
        var root = Draw(new Panel("p", "x", "") { YNames = ["first", "second"], Series = { dots } });
        var bars = Lines(root, First).Select(bar => Points(bar.Attribute("d")!.Value)).ToArray();
        Assert.Equal(2, bars.Length);
        Assert.All(bars, bar => Assert.Equal(bar[0].Y, bar[1].Y));
        Assert.Equal(2.5 / 1.5, (bars[1][1].X - bars[1][0].X) / (bars[0][1].X - bars[0][0].X), 2);
    }

    [Fact]
    public void BandIsAPolygonAroundTheLine()
    {
        var root = Draw(Panel(Series.Around("a", [0, 1, 2], [1, 2, 3], [0.5, 0.5, 0.5])));
        var band = Points(Assert.Single(Bands(root)).Attribute("d")!.Value);
        foreach (var (x, y) in Points(Lines(root, First).First().Attribute("d")!.Value))
        {
            Assert.Contains(band, point => Math.Abs(point.X - x) < 0.1 && point.Y < y - 1);
            Assert.Contains(band, point => Math.Abs(point.X - x) < 0.1 && point.Y > y + 1);
        }
    }

    [Fact]
    public void BandThatReachesBelowALogarithmicAxisEndsAtItsFoot()
    {
        var panel = new Panel("p", "x", "y") { YScale = Scale.Log, Series = { Series.Around("a", [0, 1], [1, 0.1], [0.5, 0.2]) } };
        var root = Draw(panel);
        var window = Window(root);
        double foot = Number(window, "y") + Number(window, "height");
        Assert.Equal(foot, Points(Assert.Single(Bands(root)).Attribute("d")!.Value).Max(point => point.Y), 1);
    }

    [Fact]
    public void BandOfNoNumberEndsWhereItIs()
        => Assert.Equal(2, Bands(Draw(Panel(Series.Around("a", [0, 1, 2, 3, 4], [1, 2, 3, 4, 5], [1, 1, double.NaN, 1, 1])))).Count());

    [Fact]
    public void TargetsAreDottedAndInSight()
    {
        var root = Draw(new Panel("p", "x", "y") { Targets = [0, 1], Series = { new Series("a", [0, 1], [0.4, 0.5]) } });
        var window = Window(root);
        var lines = Lines(root, Neutral).ToArray();
        Assert.Equal(2, lines.Length);
        Assert.All(lines, line => Assert.NotNull(line.Attribute("stroke-dasharray")));
        Assert.All(
            lines.SelectMany(line => Points(line.Attribute("d")!.Value)),
            point => Assert.InRange(point.Y, Number(window, "y") + 1, Number(window, "y") + Number(window, "height") - 1));
    }

    [Fact]
    public void LinesAreThinnerAndBandsFainterWhereThereAreMany()
    {
        static (double Width, double Opacity) Look(int count)
        {
            var root = Draw(Panel([.. Enumerable.Range(0, count).Select(i => Series.Around($"{i}", [0, 1], [i, i + 1], [1, 1]))]));
            return (Number(Lines(root, First).First(), "stroke-width"), Number(Bands(root).First(), "fill-opacity"));
        }

        var (few, many) = (Look(2), Look(10));
        Assert.True(many.Width < few.Width);
        Assert.True(many.Opacity < few.Opacity);
    }

    [Fact]
    public void LongSeriesKeepTheirPeaksInFewPoints()
    {
        double[] x = [.. Enumerable.Range(0, 100_000).Select(i => (double)i)];
        double[] y = [.. x.Select(i => Math.Sin(i))];
        y[54_321] = 50;
        var root = Draw(Panel(new Series("", x, y)));
        var points = Points(Lines(root, First).First().Attribute("d")!.Value);
        Assert.InRange(points.Length, 250, 310);
        Assert.InRange(points.Min(point => point.Y) - Number(Window(root), "y"), 0, 15);
    }

    [Fact]
    public void AxisEndsAtANearRoundNumber()
        => Assert.Contains("5000", Texts(Draw(Panel(new Series("", [0, 4999], [1, 2])))));

    [Fact]
    public void DrawingTwiceGivesTheSame()
    {
        static Figure Once() => Of(Panel(Series.Around("a", [0, 1, 2], [1, 2, 3], [1, 1, 1])));
        Assert.Equal(Once().ToSvg(), Once().ToSvg());
        Assert.Equal(Once().ToPng(), Once().ToPng());
        Assert.DoesNotContain('\r', Once().ToSvg());
    }

    [Fact]
    public void PngIsTwiceAsWideAndOnWhite()
    {
        var figure = Of(Panel(new Series("a", [0, 1], [1, 2])));
        var svg = XDocument.Parse(figure.ToSvg()).Root!;
        using var picture = SKBitmap.Decode(figure.ToPng());
        Assert.Equal((2 * Number(svg, "width"), 2 * Number(svg, "height")), (picture.Width, picture.Height));
        Assert.Equal(SKColors.White, picture.GetPixel(0, 0));
        Assert.Contains(SKColor.Parse(First), picture.Pixels);
    }

    [Fact]
    public void WideTitleFits()
    {
        string title = string.Join(' ', Enumerable.Repeat("wide", 30));
        Assert.True(Number(XDocument.Parse(new Figure(title) { Panels = { Panel() } }.ToSvg()).Root!, "width") > 30 * 5 * 8);
    }

    [Fact]
    public void LegendWrapsIntoRowsAsFullAsEachOther()
    {
        var root = Draw(Panel([.. Enumerable.Range(0, 7).Select(i => new Series($"method {i}", [0, 1], [i, i]))]));
        var rows = root.Descendants(s_svg + "text").Where(text => text.Value.StartsWith("method", StringComparison.Ordinal))
            .GroupBy(text => Numbers(text.Attribute("transform")!.Value)[1]).Select(row => row.Count()).ToArray();
        Assert.Equal(7, rows.Sum());
        Assert.True(rows.Length > 1 && rows.Max() - rows.Min() <= 1, string.Join(',', rows));
    }

    [Theory]
    [InlineData("one point", new[] { 1.0 }, new[] { 2.0 })]
    [InlineData("constant", new[] { 0.0, 1 }, new[] { 0.99, 0.99 })]
    [InlineData("nothing", new double[0], new double[0])]
    [InlineData("no numbers", new[] { 0.0, 1 }, new[] { double.NaN, double.NaN })]
    [InlineData("not positive", new[] { -1.0, 0 }, new[] { -1.0, 0 })]
    [InlineData("huge", new[] { 1.0, 2 }, new[] { -1e300, 1e300 })]
    [InlineData("tiny", new[] { 1.0, 2 }, new[] { 1e-300, 3e-300 })]
    [InlineData("close", new[] { 1.0, 2 }, new[] { 1, 1.0000000000000002 })]
    [InlineData("infinite", new[] { 0.0, double.PositiveInfinity, 2 }, new[] { 1.0, 2, double.NegativeInfinity })]
    public void AnythingIsDrawn(string label, double[] x, double[] y)
    {
        foreach (var scale in (Scale[])[Scale.Linear, Scale.Log])
        {
            var series = Series.Around(label, x, y, [.. y.Select(_ => 1.0)]);
            var dots = series with { Markers = true, Joined = false };
            var figure = Of(new Panel("p", "x", "y") { XScale = scale, YScale = scale, Series = { series, dots } });
            var root = XDocument.Parse(figure.ToSvg()).Root!;
            Assert.Contains(label, Texts(root));
            Assert.DoesNotContain("NaN", root.ToString());
            Assert.NotEmpty(figure.ToPng());
        }
    }

    [Fact]
    public void NothingToShowIsSaid()
        => Assert.Contains("no data", Texts(Draw(Panel(new Series("a", [0, 1], [double.NaN, double.NaN])))));

    [Fact]
    public void ControlCharactersDoNoHarm()
        => Assert.Contains("ab", Texts(Draw(Panel(new Series("a\u0001b", [0, 1], [1, 2])))));

    // More than most figures have; the letters among them must stay what they are.
    [Fact]
    public void AnyCharacterIsWrittenAndAsWideAsItIs()
    {
        string text = string.Concat(Enumerable.Range(0x4E00, 200).Select(code => (char)code)) + " ЩWΩµŒ🎉";
        var series = new Series(text[..9], [0, 1], [1, 2]);
        var panel = new Panel(text, text, text) { YNames = [text[9..12]], Series = { series } };
        var root = XDocument.Parse(new Figure(text) { Caption = text, Panels = { panel } }.ToSvg()).Root!;
        Assert.Equal([text, text, text, text, text, text[..9], text[9..12]], Texts(root).Where(written => written.Any(c => c > 0x2000))
            .OrderByDescending(written => written.Length).ThenBy(written => written, StringComparer.Ordinal));
        Assert.Equal(text, root.Element(s_svg + "title")!.Value);
        Assert.True(Number(root, "width") > 200 * 0.7 * 16);
    }

    [Fact]
    public void MoreCharactersThanThereAreLettersDoNoHarm()
    {
        string title = string.Concat(Enumerable.Range(0x4E00, 600).Select(code => (char)code));
        Assert.NotEmpty(new Figure(title) { Panels = { Panel(new Series("龥", [0, 1], [1, 2])) } }.ToSvg());
    }

    [Fact]
    public void WhereTheLibraryThatDrawsCantBeLoadedALineSaysSo()
    {
        using var error = new StringWriter();
        var fault = new TypeInitializationException("Sk", new DllNotFoundException("No Skia."));
        Assert.False(FigureFiles.Try("plot.svg", error, () => throw fault));
        Assert.Equal("The figure plot.svg can't be drawn on this machine (No Skia); all else is written.", error.ToString().TrimEnd());
        Assert.True(FigureFiles.Try("plot.svg", error, () => { }));
    }

    [Fact]
    public void MistakesInSeriesAreNamed()
    {
        var e = Assert.Throws<ArgumentException>(() => Draw(Panel(new Series("n = 5", [0, 1], [1]))));
        Assert.Contains("n = 5", e.Message);
        Assert.Throws<ArgumentException>(() => new Figure("empty").ToSvg());
    }

    private static Panel Panel(params Series[] series) => new("Error", "Iteration", "MSE") { Series = series };

    private static Figure Of(params Panel[] panels) => new("A \"title\" & more") { Panels = panels };

    private static XElement Draw(params Panel[] panels) => XDocument.Parse(Of(panels).ToSvg()).Root!;

    private static IEnumerable<string> Texts(XElement root) => root.Descendants(s_svg + "text").Select(text => text.Value);

    private static IEnumerable<XElement> Lines(XElement root, string colour)
        => root.Descendants(s_svg + "path").Where(path => (string?)path.Attribute("stroke") == colour);

    private static IEnumerable<XElement> Bands(XElement root)
        => root.Descendants(s_svg + "path").Where(path => path.Attribute("fill-opacity") is not null);

    private static XElement Window(XElement root) => root.Descendants(s_svg + "clipPath").First().Element(s_svg + "rect")!;

    private static double Number(XElement element, string attribute)
        => double.Parse(element.Attribute(attribute)!.Value, CultureInfo.InvariantCulture);

    private static double[] Numbers(string text)
        => [.. NumberPattern().Matches(text).Select(match => double.Parse(match.Value, CultureInfo.InvariantCulture))];

    private static (double X, double Y)[] Points(string path) => [.. Numbers(path).Chunk(2).Select(point => (point[0], point[1]))];

    [GeneratedRegex(@"-?[\d.]+(e-?\d+)?")]
    private static partial Regex NumberPattern();
}
