using Engine.Bench.Games;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;
using Xunit;

namespace Engine.Tests.Bench;

/// <summary>Episodes as GIF: a decoder sees the boards that were played.</summary>
public class AnimatedGifTests
{
    [Fact]
    public void EveryFrameShowsItsBoard()
    {
        // The head wanders through all the cells of a board of 6 x 6, and leaves them.
        SnakeFrame[] frames = [.. Enumerable.Range(0, 36).Select(i => new SnakeFrame(6, 6, [i], (i + 1) % 36, i, 0))];
        using var gif = Read(new AnimatedGif(frames, "a game") { FramesPerSecond = 10 });
        Assert.Equal(36, gif.Frames.Count);
        Assert.Equal(0, gif.Metadata.GetGifMetadata().RepeatCount);
        const int Cell = 48, Margin = 16;
        int top = gif.Height - (6 * Cell) - Margin, left = (gif.Width - (6 * Cell)) / 2;
        for (int i = 0; i < 36; i++)
        {
            Assert.Equal(i < 35 ? 10 : 150, gif.Frames[i].Metadata.GetGifMetadata().FrameDelay);
            for (int cell = 0; cell < 36; cell++)
            {
                var (row, column) = (cell / 6, cell % 6);
                var expected = cell == i ? Engine.Bench.Games.Cell.Bright
                    : (row + column) % 2 == 0 || cell == (i + 1) % 36 ? Engine.Bench.Games.Cell.Dark : Engine.Bench.Games.Cell.Light;
                var pixel = gif.Frames[i][left + (column * Cell) + 3, top + (row * Cell) + 3];
                Assert.True(
                    Math.Abs(pixel.R - expected.R) <= 4 && Math.Abs(pixel.G - expected.G) <= 4 && Math.Abs(pixel.B - expected.B) <= 4,
                    $"frame {i}, cell {cell}: {pixel}");
            }
        }
    }

    [Fact]
    public void ColoursAreFewEnough()
    {
        // A long body fades in more shades than a GIF has colours.
        SnakeFrame[] frames =
        [
            .. Enumerable.Range(1, 140).Select(i => new SnakeFrame(12, 12, [.. Enumerable.Range(0, i)], 143, i, i)),
        ];
        using var gif = Read(new AnimatedGif(frames, "a long game"));
        var tail = gif.Frames[^1][gif.Width - 16 - 24 - (4 * 24) + 3, gif.Height - 16 - 24 + 3];
        Assert.InRange(tail.G, 82 - 12, 82 + 12);
    }

    [Theory]
    [InlineData(1, 12, 150)]
    [InlineData(2, 12, 158)]
    [InlineData(101, 50, 350)]
    [InlineData(1001, 100, 1150)]
    [InlineData(1000, 1000, 250)]
    [InlineData(3, 0.1, 3000)]
    public void TimesAddUp(int frames, double framesPerSecond, int expected)
    {
        (int Frame, int Delay)[] delays = [.. AnimatedGif.Delays(frames, framesPerSecond)];
        Assert.InRange(delays.Sum(shown => shown.Delay), expected - 1, expected + 2);
        Assert.All(delays, shown => Assert.True(shown.Delay >= 2));
        Assert.Equal(frames - 1, delays[^1].Frame);
        Assert.Equal(delays.Select(shown => shown.Frame).Distinct().Order(), delays.Select(shown => shown.Frame));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-3)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NaN)]
    public void SpeedsArePositive(double speed)
        => Assert.Throws<InvalidOperationException>(
            () => new AnimatedGif([new SnakeFrame(2, 2, [0], 1, 0, 0)], "") { FramesPerSecond = speed }.Write(Stream.Null));

    [Fact]
    public void AnEpisodeHasFrames() => Assert.Throws<ArgumentException>(() => new AnimatedGif([], ""));

    private static Image<Rgba32> Read(AnimatedGif gif)
    {
        using var stream = new MemoryStream();
        gif.Write(stream);
        return Image.Load<Rgba32>(stream.ToArray());
    }
}
