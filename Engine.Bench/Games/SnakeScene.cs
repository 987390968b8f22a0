using System.Globalization;
using System.Text;
using static System.FormattableString;

namespace Engine.Bench.Games;

/// <summary>The parts of a picture of an episode, each with its course.</summary>
internal sealed class SnakeScene
{
    private const double Margin = 14;
    private const double HeadSize = 16;
    private const double HeadLine = 21;
    private const double CounterLine = 24;

    private readonly SnakeFrame _size;
    private readonly string _title;

    // All cells of the body but the head's, which has a shape of its own.
    private readonly SortedDictionary<int, Track> _cells = [];

    // A link is between a cell and the one to its right (even numbers), or the one below it (odd numbers).
    private readonly SortedDictionary<int, Track> _links = [];
    private readonly Track _headPlace;
    private readonly Track _headTurn;
    private readonly Track _awake = new("1");
    private readonly Track _dazed = new("0");
    private readonly Track _struck = new("0");
    private readonly string _strike;
    private readonly Track _fruitPlace = new("0 0");
    private readonly Track _fruitShown = new("0");
    private readonly Counter _step;
    private readonly Counter _return;
    private readonly Track _ended = new("0");
    private readonly string _outcome;
    private readonly bool _won;

    public SnakeScene(IReadOnlyList<SnakeFrame> frames, string title)
    {
        _size = frames[0];
        _title = title;
        _headPlace = new Track(Place(frames[0].Body[0]));
        _headTurn = new Track(Turn(frames[0], frames.Count > 1 ? frames[1] : null) ?? "0");
        _step = new Counter(frames.Max(frame => frame.Step));
        _return = new Counter(frames.Max(frame => Whole(frame.Return)));
        _outcome = frames[^1].Outcome;
        _won = frames[^1].Won;
        _strike = frames[^1].HasBitten ? "#b" : "#w";
        var shownCells = new Dictionary<int, int>();
        var shownLinks = new Dictionary<int, int>();
        for (int i = 0; i < frames.Count; i++)
            Take(i, frames[i], i > 0 ? frames[i - 1] : null, ref shownCells, ref shownLinks);
    }

    /// <summary>Draws a frame, and what comes of it over time if there is a clock.</summary>
    public string Draw(int frame, FrameClock? clock)
    {
        int rows = _size.Rows, columns = _size.Columns;

        // A dozen columns have 24 pixels each; a small board is not drawn tiny, nor a large one huge.
        double cell = Math.Clamp(Math.Round(288.0 / Math.Max(rows, columns)), 6, 48);
        double width = Math.Max(columns * cell, 200), left = Margin + ((width - (columns * cell)) / 2);
        string[] head = Typesetting.Wrap(_title, width, HeadSize, bold: true);
        double top = Margin + (head.Length * HeadLine) + CounterLine;
        using var svg = new SvgWriter();
        svg.Begin(_title, width + (2 * Margin), top + (rows * cell) + Margin, SnakeLook.Css);
        SnakeLook.Define(svg);
        for (int i = 0; i < head.Length; i++)
            svg.Text("head", Margin + (width / 2), Margin + 14 + (i * HeadLine), head[i], "middle");
        double line = top - 9;
        svg.Text("label", Margin, line, "step");
        _step.Draw(svg, Margin + 36, line, frame, clock);
        svg.Text("label", Margin + width - _return.Width - 4, line, "return", "end");
        _return.Draw(svg, Margin + width - _return.Width, line, frame, clock);
        if (_outcome.Length > 0)
        {
            svg.Element("g");
            Show(svg, _ended, "opacity", frame, clock);
            svg.Text(_won ? "outcome won" : "outcome", Margin + (width / 2), line, _outcome, "middle");
            svg.Close();
        }

        // From here on a cell is one unit.
        svg.Element("g", ("transform", Invariant($"translate({left:0.#} {top:0.#}) scale({cell})")));
        Rectangle("board");
        svg.Path("check", Checks(rows, columns));
        Rectangle("edge");
        svg.Group("snake");
        foreach (var (number, track) in _links)
            Stamp(svg, number % 2 == 0 ? "#h" : "#v", number / 2, track, frame, clock);
        foreach (var (number, track) in _cells)
            Stamp(svg, "#c", number, track, frame, clock);
        svg.Close();
        DrawFruit(svg, frame, clock);
        DrawHead(svg, frame, clock);
        svg.Close();
        return svg.End();

        void Rectangle(string part)
        {
            svg.Element("rect", ("class", part), ("width", Invariant($"{columns}")), ("height", Invariant($"{rows}")), ("rx", ".1"));
            svg.Close();
        }
    }

    private void DrawFruit(SvgWriter svg, int frame, FrameClock? clock)
    {
        svg.Element("g");
        Show(svg, _fruitPlace, "translate", frame, clock);
        svg.Element("use", ("href", "#f"));
        Show(svg, _fruitShown, "opacity", frame, clock);
        svg.Close();
        svg.Close();
    }

    private void DrawHead(SvgWriter svg, int frame, FrameClock? clock)
    {
        svg.Element("g", ("id", "head"));
        Show(svg, _headPlace, "translate", frame, clock);

        // Turns about the middle of its cell.
        svg.Element("g", ("transform", "translate(.5 .5)"));
        svg.Element("g");
        Show(svg, _headTurn, "rotate", frame, clock);
        svg.Element("use", ("href", "#n"));
        svg.Close();
        foreach (var (part, track) in new[] { ("#e", _awake), ("#x", _dazed), (_strike, _struck) })
        {
            if (track.IsAlways("0"))
                continue;
            svg.Element("use", ("href", part));
            Show(svg, track, "opacity", frame, clock);
            svg.Close();
        }

        svg.Close();
        svg.Close();
        svg.Close();
    }

    private void Stamp(SvgWriter svg, string part, int cell, Track track, int frame, FrameClock? clock)
    {
        svg.Element(
            "use",
            ("href", part),
            ("x", Invariant($"{cell % _size.Columns}")),
            ("y", Invariant($"{cell / _size.Columns}")));
        Show(svg, track, "fill-opacity", frame, clock);
        svg.Close();
    }

    private static void Show(SvgWriter svg, Track track, string attribute, int frame, FrameClock? clock)
    {
        string now = track.At(frame);
        if (attribute is "translate" or "rotate")
            svg.Attribute("transform", $"{attribute}({now})");
        else
            svg.Attribute(attribute, now);
        if (clock is not null)
            track.Animate(svg, attribute, clock);
    }

    private void Take(
        int number, SnakeFrame frame, SnakeFrame? before, ref Dictionary<int, int> shownCells, ref Dictionary<int, int> shownLinks)
    {
        int length = frame.Body.Count;
        var (cells, links) = (new Dictionary<int, int>(), new Dictionary<int, int>());
        for (int i = 0; i < length; i++)
        {
            int shade = i * SnakeLook.Shades / length, cell = frame.Body[i];
            if (i == 0)
                continue;
            cells[cell] = shade;
            var (low, high) = (Math.Min(cell, frame.Body[i - 1]), Math.Max(cell, frame.Body[i - 1]));
            links[(2 * low) + (high - low == 1 ? 0 : 1)] = shade;
        }

        Update(_cells, shownCells, cells, number);
        Update(_links, shownLinks, links, number);
        (shownCells, shownLinks) = (cells, links);
        _headPlace.Set(number, Place(frame.Body[0]));
        if (Turn(before ?? frame, frame) is { } turn)
            _headTurn.Set(number, turn);
        bool crashed = frame.End == SnakeEnd.Crash;
        _awake.Set(number, crashed ? "0" : "1");
        _dazed.Set(number, crashed ? "1" : "0");
        _struck.Set(number, frame.Struck is null ? "0" : "1");
        _fruitShown.Set(number, frame.Fruit is null ? "0" : "1");
        if (frame.Fruit is { } fruit)
            _fruitPlace.Set(number, Place(fruit));
        _step.Set(number, frame.Step);
        _return.Set(number, Whole(frame.Return));
        _ended.Set(number, frame.End == SnakeEnd.None ? "0" : "1");
    }

    private static void Update(
        SortedDictionary<int, Track> tracks, Dictionary<int, int> shown, Dictionary<int, int> wanted, int frame)
    {
        foreach (int key in shown.Keys.Where(key => !wanted.ContainsKey(key)))
            tracks[key].Set(frame, "0");
        foreach (var (key, shade) in wanted)
        {
            if (!tracks.TryGetValue(key, out var track))
                tracks[key] = track = new Track("0");
            track.Set(frame, SnakeLook.Opacity(shade));
        }
    }

    private string Place(int cell) => Invariant($"{cell % _size.Columns} {cell / _size.Columns}");

    // Where the head looks: at what it ran into, else away from the neck, or else where it went; null if none is known. Drawn, it looks to
    // the right.
    private static string? Turn(SnakeFrame before, SnakeFrame? now)
    {
        var head = Place((now ?? before).Body[0]);
        var behind = Place(now is { Body.Count: > 1 } ? now.Body[1] : before.Body[0]);
        var (from, to) = now?.Struck is { } struck ? (head, struck) : (behind, head);
        return (to.Row - from.Row, to.Column - from.Column) switch
        {
            (0, 0) => null,
            (0, > 0) => "0",
            (0, _) => "180",
            ( > 0, _) => "90",
            _ => "270",
        };

        (int Row, int Column) Place(int cell) => (cell / before.Columns, cell % before.Columns);
    }

    private static int Whole(double value) => (int)Math.Clamp(Math.Round(value), 0, 1e9);

    private static string Checks(int rows, int columns)
    {
        var path = new StringBuilder();
        for (int row = 0; row < rows; row++)
        {
            for (int column = row % 2; column < columns; column += 2)
                path.Append(CultureInfo.InvariantCulture, $"M{column} {row}h1v1h-1z");
        }

        return path.ToString();
    }
}
