using System.Globalization;
using System.Text;
using System.Xml.Linq;
using Engine.Bench.Games;
using Engine.RL.Agents;
using Engine.RL.Environments;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace Engine.Tests.Bench;

public class AnimatedSvgTests
{
    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    [Property(MaxTest = 25)]
    public void KeyframesAreTheFrames(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        var snake = new Snake(2 * random.Next(1, 4), random.Next(2, 7), random.Next(1, 300));
        var kind = random.Next(3) == 0 ? PolicyKind.Random : random.Next(2) == 0 ? PolicyKind.Sampled : PolicyKind.Greedy;
        SnakeFrame[] frames = [.. Episode.Play(new CyclingAgent(snake), kind, random.Next(1000)).Cast<SnakeFrame>()];
        var film = new AnimatedSvg(frames, "a game") { FramesPerSecond = 1 + random.Next(60) };
        var root = XDocument.Parse(film.ToSvg()).Root!;
        for (int i = 0; i < frames.Length; i++)
            Same(frames[i], Seen(root, snake, i, frames.Length, film.FramesPerSecond));
        int still = random.Next(frames.Length);
        var picture = XDocument.Parse(film.Frame(still)).Root!;
        Assert.DoesNotContain(picture.Descendants(), IsAnimation);
        Same(frames[still], Seen(picture, snake, 0, 1, 1));
    }

    [Fact]
    public void ALongEpisodeIsASmallFile()
    {
        // Round and round a board of 12 x 12, with all its lengths up to where the steps end.
        var snake = new Snake(12, 12, 3000);
        SnakeFrame[] frames = [.. Episode.Play(new CyclingAgent(snake), PolicyKind.Greedy, 1).Cast<SnakeFrame>()];
        Assert.Equal((3001, SnakeEnd.StepLimit), (frames.Length, frames[^1].End));
        Assert.True(frames[^1].Body.Count > 40);
        string svg = new AnimatedSvg(frames, "long").ToSvg();
        Assert.InRange(Encoding.UTF8.GetByteCount(svg), 10_000, 1_000_000);
        Assert.All(Animations(XDocument.Parse(svg).Root!), animation =>
        {
            double[] times = [.. List(animation, "keyTimes").Select(Number)];
            Assert.Equal(0, times[0]);
            Assert.All(times.Zip(times.Skip(1)), pair => Assert.True(pair.First < pair.Second && pair.Second < 1));
            Assert.Equal(times.Length, List(animation, "values").Length);
        });
    }

    [Fact]
    public void TitlesKeepAllThatXmlCanWrite()
    {
        var film = new AnimatedSvg([new(2, 2, [0], 3, 0, 0)], "a\u0001🎉");
        Assert.Equal("a🎉", XDocument.Parse(film.ToSvg()).Root!.Element(s_svg + "title")!.Value);
    }

    [Fact]
    public void SpeedIsTheDurationOfTheFramesAndAPause()
    {
        SnakeFrame[] frames = [new(2, 2, [0], 3, 0, 0), new(2, 2, [1], 3, 1, 0), new(2, 2, [3, 1], 0, 2, 1)];
        Assert.Equal("1.8s", Duration(10));
        Assert.Equal("3s", Duration(2));
        Assert.Throws<InvalidOperationException>(() => Duration(0));
        Assert.Throws<InvalidOperationException>(() => Duration(double.NaN));

        string Duration(double speed)
            => Assert.Single(Animations(XDocument.Parse(new AnimatedSvg(frames, "") { FramesPerSecond = speed }.ToSvg()).Root!)
                .Select(animation => animation.Attribute("dur")!.Value).Distinct());
    }

    [Fact]
    public void PlaysByItselfInBothThemesWithoutScripts()
    {
        SnakeFrame[] frames = [new(4, 4, [5], 3, 0, 0), new(4, 4, [5], 3, 1, 0, SnakeEnd.Crash) { Struck = (1, -1) }];
        var root = XDocument.Parse(new AnimatedSvg(frames, "a <b> & \"c\"").ToSvg()).Root!;
        Assert.Equal("a <b> & \"c\"", root.Element(s_svg + "title")!.Value);
        Assert.Empty(root.Descendants(s_svg + "script"));
        Assert.Contains("prefers-color-scheme:dark", root.Element(s_svg + "style")!.Value);
        Assert.NotEmpty(Animations(root));
        Assert.All(Animations(root), animation =>
        {
            Assert.Equal("indefinite", animation.Attribute("repeatCount")!.Value);
            Assert.Equal("discrete", animation.Attribute("calcMode")!.Value);
        });
        Assert.Contains("hit the wall", root.Descendants(s_svg + "text").Select(text => text.Value));

        // What is referred to is there.
        string[] ids = [.. root.Descendants().Select(element => (string?)element.Attribute("id")).OfType<string>()];
        Assert.Equal(ids.Distinct(), ids);
        Assert.All(root.Descendants(s_svg + "use"), use => Assert.Contains(Href(use), ids.Select(id => "#" + id)));
    }

    [Theory]
    [InlineData("#w", -1, 0, "270")]
    [InlineData("#w", 0, -1, "180")]
    [InlineData("#b", 0, 1, "0")]
    [InlineData("#b", 1, 0, "90")]
    public void ALostGameShowsWhatTheHeadRanInto(string mark, int row, int column, string turn)
    {
        SnakeFrame[] frames = [new(4, 4, [0], 3, 0, 0), new(4, 4, [0], 3, 1, 0, SnakeEnd.Crash) { Struck = (row, column) }];
        var root = XDocument.Parse(new AnimatedSvg(frames, "").ToSvg()).Root!;
        var struck = Assert.Single(root.Descendants(s_svg + "use"), use => Href(use) is "#w" or "#b");
        Assert.Equal(mark, Href(struck));
        Assert.Equal(("0", "1"), (Value(struck, "opacity", 0.01), Value(struck, "opacity", 0.9)));
        Assert.Equal(turn, Value(struck.Parent!, "transform", 0.9));
    }

    [Fact]
    public void MistakesAreNamed()
    {
        Assert.Throws<ArgumentException>(() => new AnimatedSvg([], ""));
        Assert.Throws<ArgumentException>(() => new AnimatedSvg([new(2, 2, [0], 1, 0, 0), new(2, 3, [0], 1, 0, 0)], ""));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AnimatedSvg([new(2, 2, [0], 1, 0, 0)], "").Frame(1));
    }

    private static void Same(SnakeFrame expected, SnakeFrame actual)
    {
        Assert.Equal(expected.Body, actual.Body);
        Assert.Equal((expected.Fruit, expected.Step, expected.Return), (actual.Fruit, actual.Step, actual.Return));
        Assert.Equal(expected.End == SnakeEnd.None, actual.End == SnakeEnd.None);
    }

    // What the picture shows in the middle of a frame.
    private static SnakeFrame Seen(XElement root, Snake snake, int frame, int frames, double speed)
    {
        double time = (frame + 0.5) / (frames + Math.Ceiling(1.5 * speed));
        var cells = new Dictionary<int, double>();
        var links = new HashSet<(int, int)>();
        foreach (var use in root.Descendants(s_svg + "use").Where(use => Href(use) is "#c" or "#h" or "#v"))
        {
            double shade = Number(Value(use, "fill-opacity", time));
            if (shade == 0)
                continue;
            int cell = ((int)use.Attribute("y")! * snake.Columns) + (int)use.Attribute("x")!;
            if (Href(use) == "#c")
                cells.Add(cell, shade);
            else
                links.Add((cell, Href(use) == "#h" ? cell + 1 : cell + snake.Columns));
        }

        // Along the links, from the head to the tail, paler and paler.
        var head = root.Descendants().Single(element => (string?)element.Attribute("id") == "head");
        var body = new List<int> { Place(head) };
        int count = links.Count;
        for (int i = 0; i < count; i++)
        {
            int end = body[^1];
            var link = links.Single(link => link.Item1 == end || link.Item2 == end);
            links.Remove(link);
            body.Add(link.Item1 == end ? link.Item2 : link.Item1);
        }

        Assert.Equal(body.Skip(1).Order(), cells.Keys.Order());
        Assert.Equal(body.Skip(1).Select(cell => cells[cell]).OrderDescending(), body.Skip(1).Select(cell => cells[cell]));

        var fruit = root.Descendants(s_svg + "use").Single(use => Href(use) == "#f");
        string[] numbers = [.. root.Descendants(s_svg + "svg").GroupBy(digit => digit.ElementsBeforeSelf(s_svg + "text").Count())
            .Select(digits => string.Concat(digits.Select(Digit)).Trim())];
        var outcome = root.Descendants(s_svg + "text")
            .SingleOrDefault(text => text.Attribute("class")!.Value.StartsWith("outcome"))?.Parent;
        return new SnakeFrame(
            snake.Rows,
            snake.Columns,
            body,
            Value(fruit, "opacity", time) == "1" ? Place(fruit.Parent!) : null,
            int.Parse(numbers[0], CultureInfo.InvariantCulture),
            int.Parse(numbers[1], CultureInfo.InvariantCulture),
            outcome is not null && Value(outcome, "opacity", time) == "1" ? SnakeEnd.Crash : SnakeEnd.None);

        int Place(XElement group)
        {
            int[] xy = [.. Value(group, "transform", time).Split(' ').Select(text => int.Parse(text, CultureInfo.InvariantCulture))];
            return (xy[1] * snake.Columns) + xy[0];
        }

        char Digit(XElement window)
        {
            int shift = (int)Number(Value(window.Element(s_svg + "g")!, "transform", time).Split(' ')[1]);
            Assert.Equal(0, shift % Counter.Pitch);
            return "0123456789 "[-shift / Counter.Pitch];
        }
    }

    private static string Value(XElement element, string attribute, double time)
    {
        var animation = element.Elements()
            .SingleOrDefault(child => IsAnimation(child) && (string?)child.Attribute("attributeName") == attribute);
        if (animation is null)
        {
            string text = element.Attribute(attribute)!.Value;
            return attribute == "transform" ? text.Split('(', ')')[1] : text;
        }

        int last = Array.FindLastIndex([.. List(animation, "keyTimes").Select(Number)], key => key <= time);
        return List(animation, "values")[last];
    }

    private static IEnumerable<XElement> Animations(XElement root) => root.Descendants().Where(IsAnimation);

    private static bool IsAnimation(XElement element) => element.Name.LocalName.StartsWith("animate", StringComparison.Ordinal);

    private static string[] List(XElement animation, string name) => animation.Attribute(name)!.Value.Split(';');

    private static string? Href(XElement use) => (string?)use.Attribute("href");

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
