using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;
using SixLabors.ImageSharp.Processing.Processors.Quantization;

namespace Engine.Bench.Games;

/// <summary>
/// The colours of a GIF, of which it has 256, and one is none. Those of an episode are fewer, or so alike that some stand for others.
/// </summary>
internal sealed class GifPalette
{
    private const int Most = 255;

    // The library takes colours for the same that differ in three bits.
    private const int Coarse = 3;

    private readonly HashSet<uint> _seen = [];
    private readonly Dictionary<uint, Rgba32> _colours = [];
    private Rgba32 _last;

    /// <summary>What leaves a pixel as it is.</summary>
    public static readonly Rgba32 Transparent = default;

    /// <summary>Finds the colours of a settled palette.</summary>
    public PaletteQuantizer Quantizer => new(
        new[] { Color.FromPixel(Transparent) }.Concat(_colours.Values.Distinct().Select(Color.FromPixel)).ToArray(),
        new QuantizerOptions { Dither = null });

    /// <summary>The colour that stands for one that was added before the palette was settled.</summary>
    public Rgba32 this[Rgba32 colour] => _colours[colour.PackedValue];

    /// <summary>Takes up the colours of a picture.</summary>
    public void Add(ReadOnlySpan<Rgba32> pixels)
    {
        foreach (var pixel in pixels)
        {
            if (pixel == _last)
                continue;
            _seen.Add(pixel.PackedValue);
            _last = pixel;
        }
    }

    /// <summary>Lets colours that differ in their last bits stand for each other.</summary>
    public void Settle()
    {
        for (int bits = Coarse; ; bits++)
        {
            uint kept = 0xFFu << bits & 0xFF, half = 1u << (bits - 1);
            var groups = _seen.GroupBy(colour => colour & (kept * 0x010101)).ToArray();
            if (groups.Length > Most)
                continue;
            foreach (var group in groups)
            {
                foreach (uint colour in group)
                    _colours[colour] = new Rgba32(0xFF000000 | group.Key | (half * 0x010101));
            }

            return;
        }
    }
}
