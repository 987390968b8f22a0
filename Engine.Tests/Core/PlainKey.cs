using Engine.Kernels.Functions;

namespace Engine.Tests.Core;

/// <summary>A key told plainly, word by word: what <see cref="Engine.Core.Key"/> is held against.</summary>
internal readonly record struct PlainKey(uint A, uint B, uint C, uint D)
{
    public static PlainKey Of(long seed) => new((uint)seed, (uint)((ulong)seed >> 32), 0, 0);

    public PlainKey Fold(int number) => Block((uint)number, 1);

    /// <summary>One of the keys that a split gives.</summary>
    public PlainKey Split(int index) => Block((uint)index, 2);

    /// <summary>The words of a block of draws.</summary>
    public uint[] Draw(uint block)
    {
        var (a, b, c, d) = Block(block, 0);
        return [a, b, c, d];
    }

    private PlainKey Block(uint number, uint kind)
    {
        var (a, b, c, d) = (number, kind, C, D);
        Philox.Block(ref a, ref b, ref c, ref d, A, B);
        return new PlainKey(a, b, c, d);
    }
}
