using System.Runtime.InteropServices;
using Engine.Bench.Figures;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Gif;
using SixLabors.ImageSharp.PixelFormats;
using SkiaSharp;
using static System.FormattableString;

namespace Engine.Bench.Games;

/// <summary>An episode of any game as a GIF that plays over and over: the board as a terminal shows it.</summary>
internal sealed class AnimatedGif
{
    private const float Margin = 16, HeadSize = 15, HeadLine = 20, StatusSize = 13, StatusLine = 24;
    private const double HoldSeconds = 1.5;

    // Times are in hundredths of a second. Browsers take a frame of fewer than two for a mistake, and slow it down.
    private const int Shortest = 2;

    private const byte Extension = 0x21, Control = 0xF9, Trailer = 0x3B;

    private static readonly byte[] s_repeatForever = [Extension, 0xFF, 11, .. "NETSCAPE2.0"u8, 3, 1, 0, 0, 0];

    private static readonly SKColor s_ground = SKColor.Parse(Theme.Ground.Dark), s_box = SKColor.Parse(Theme.Axis.Dark);

    private readonly IReadOnlyList<GameFrame> _frames;
    private readonly string[] _head;
    private readonly int _width, _height, _cell;
    private readonly float _left, _top;

    /// <summary>Lays out an episode.</summary>
    /// <param name="frames">Its frames, one or more, all of one board.</param>
    /// <param name="title">What stands above it.</param>
    public AnimatedGif(IReadOnlyList<GameFrame> frames, string title)
    {
        if (frames.Count == 0)
            throw new ArgumentException("An episode has one frame or more.", nameof(frames));
        _frames = frames;
        var board = frames[0].Draw();
        _cell = (int)Math.Clamp(Math.Min(288.0 / board.Rows, 480.0 / board.Columns), 4, 48);
        float columns = board.Columns * _cell;
        float room = Math.Max(columns, (float)frames.Max(frame => Typesetting.Width(Status(frame), StatusSize, bold: true)));
        _head = Typesetting.Wrap(title, room, HeadSize, bold: true);
        _top = Margin + (_head.Length * HeadLine) + StatusLine;
        _left = MathF.Round(Margin + ((room - columns) / 2));
        _width = (int)MathF.Ceiling(room + (2 * Margin));
        _height = (int)MathF.Ceiling(_top + (board.Rows * _cell) + Margin);
    }

    /// <summary>Frames a second. Of more than fifty, a GIF shows some.</summary>
    public double FramesPerSecond { get; init; } = 12;

    /// <summary>Writes it.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="cancel">Asks it to stop.</param>
    /// <exception cref="InvalidOperationException">The number of frames a second is not positive.</exception>
    public void Write(Stream stream, CancellationToken cancel = default)
    {
        if (!(FramesPerSecond > 0) || double.IsInfinity(FramesPerSecond))
            throw new InvalidOperationException(Invariant($"{FramesPerSecond} frames per second: give a positive number."));
        (int Frame, int Delay)[] shown = [.. Delays(_frames.Count, FramesPerSecond)];
        using var surface = SKSurface.Create(new SKImageInfo(_width, _height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        using var pixels = surface.PeekPixels();
        var palette = new GifPalette();
        foreach (var (frame, _) in shown)
            palette.Add(Pixels(frame));
        palette.Settle();

        var encoder = new GifEncoder { ColorTableMode = GifColorTableMode.Global, Quantizer = palette.Quantizer };
        var before = new Rgba32[_width * _height];
        var changed = new Rgba32[_width * _height];
        using var one = new MemoryStream();
        foreach (var (number, (frame, delay)) in shown.Index())
        {
            // What has not changed is left out, which makes the file a fraction of its size.
            var now = Pixels(frame);
            for (int i = 0; i < now.Length; i++)
                changed[i] = now[i] == before[i] ? GifPalette.Transparent : palette[now[i]];
            now.CopyTo(before);

            // The library wants all frames in memory: it is given one after another, all with one palette.
            using var picture = Image.LoadPixelData(changed, _width, _height);
            var metadata = picture.Frames.RootFrame.Metadata.GetGifMetadata();
            (metadata.FrameDelay, metadata.DisposalMethod) = (delay, GifDisposalMethod.NotDispose);
            one.SetLength(0);
            picture.SaveAsGif(one, encoder);
            Append(stream, one.GetBuffer().AsSpan(0, (int)one.Length), isFirst: number == 0);
        }

        stream.WriteByte(Trailer);

        ReadOnlySpan<Rgba32> Pixels(int frame)
        {
            cancel.ThrowIfCancellationRequested();
            Draw(surface.Canvas, _frames[frame]);
            return MemoryMarshal.Cast<byte, Rgba32>(pixels.GetPixelSpan());
        }
    }

    /// <summary>Which frames are shown, the last one always, and for how many hundredths of a second.</summary>
    internal static IEnumerable<(int Frame, int Delay)> Delays(int count, double framesPerSecond)
    {
        int now = 0;
        for (int frame = 0; frame < count - 1; frame++)
        {
            int next = Time(frame + 1);
            if (next - now < Shortest)
                continue;
            yield return (frame, next - now);
            now = next;
        }

        yield return (count - 1, (int)Math.Max(100 / framesPerSecond, 100 * HoldSeconds));

        int Time(int frame) => (int)Math.Min(Math.Round(100 * frame / framesPerSecond), int.MaxValue);
    }

    // A GIF is a header with the palette, then blocks, then an end: the blocks of one with a single frame are that frame.
    private static void Append(Stream stream, ReadOnlySpan<byte> gif, bool isFirst)
    {
        const int PaletteAt = 13;
        int colours = 2 << (gif[10] & 7), at = PaletteAt + (3 * colours);
        if (isFirst)
        {
            stream.Write(gif[..at]);
            stream.Write(s_repeatForever);
        }

        // Other extensions than that which says how long a frame stays are about the whole.
        while (gif[at] == Extension && gif[at + 1] != Control)
        {
            for (at += 2; gif[at] != 0; at += gif[at] + 1)
            {
            }

            at++;
        }

        stream.Write(gif[at..^1]);
    }

    private static string Status(GameFrame frame) => frame.Outcome.Length > 0 ? $"{frame.Status}  {frame.Outcome}" : frame.Status;

    private static SKColor Of(Spectre.Console.Color colour) => new(colour.R, colour.G, colour.B);

    private void Draw(SKCanvas canvas, GameFrame frame)
    {
        using var paint = new SKPaint { IsAntialias = true };
        using SKFont head = Pen.Bold(HeadSize), status = Pen.Bold(StatusSize), symbols = Pen.Bold(0.8f * _cell);
        canvas.Clear(s_ground);
        paint.Color = SKColor.Parse(Theme.Text.Dark);
        foreach (var (line, text) in _head.Index())
            canvas.DrawText(text, _width / 2f, Margin + HeadSize - 2 + (line * HeadLine), SKTextAlign.Center, head, paint);
        float below = _top - 10;
        canvas.DrawText(frame.Status, Margin, below, SKTextAlign.Left, status, paint);
        paint.Color = Of(frame.Won ? Cell.Bright : Cell.Orange);
        canvas.DrawText(frame.Outcome, _width - Margin, below, SKTextAlign.Right, status, paint);

        // The box itself is drawn below; it has things in it where a game was lost beyond the board.
        var board = frame.Draw();
        foreach (var (row, cells) in board.Lines().Index())
        {
            foreach (var (column, cell) in cells.Index())
            {
                bool isBox = row == 0 || row > board.Rows || column == 0 || column > board.Columns;
                if (!isBox || cell.Style.Background != Spectre.Console.Color.Default)
                    Draw(canvas, cell, row - 1, column - 1, paint, symbols);
            }
        }

        (paint.Style, paint.StrokeWidth, paint.Color) = (SKPaintStyle.Stroke, 1.5f, s_box);
        canvas.DrawRoundRect(SKRect.Create(_left - 1, _top - 1, (board.Columns * _cell) + 2, (board.Rows * _cell) + 2), 3, 3, paint);
    }

    private void Draw(SKCanvas canvas, Cell cell, int row, int column, SKPaint paint, SKFont font)
    {
        // What is beyond the board shows as much of itself as the margin has room for.
        var place = SKRect.Create(_left + (column * _cell), _top + (row * _cell), _cell, _cell);
        canvas.Save();
        canvas.ClipRect(place);
        paint.Color = Of(cell.Style.Background);
        canvas.DrawRect(place, paint);
        paint.Color = Of(cell.Style.Foreground);
        float half = (float)_cell / cell.Coloured.Length;
        for (int i = 0; cell.Style.Foreground != cell.Style.Background && i < cell.Coloured.Length; i++)
        {
            canvas.DrawText(
                cell.Coloured[i..(i + 1)], place.Left + ((i + 0.5f) * half), place.MidY + (0.28f * _cell), SKTextAlign.Center, font, paint);
        }

        canvas.Restore();
    }
}
