using Engine.Core;
using Engine.Core.Operations;
using Engine.Kernels;
using Xunit;

namespace Engine.Tests.Core;

public sealed class DrawTests : IDisposable
{
    private readonly TensorScope _scope = new();

    [Fact]
    public void IntegersAreInRangeAndEquallyFrequent()
    {
        int[] x = Integers(-3, 7, 100, 1001);
        Assert.Equal([-3, -2, -1, 0, 1, 2, 3, 4, 5, 6], x.Distinct().Order());
        Assert.True(ChiSquare(x) < 27.9, $"chi-square of 9 degrees of freedom: {ChiSquare(x)}");
        int[] wide = Integers(int.MinValue, int.MaxValue, 1, 1000);
        Assert.Equal(1000, wide.Distinct().Count());
        Assert.True(wide.Min() < -2_100_000_000 && wide.Max() > 2_100_000_000);
        Assert.Contains(wide, v => v % 2 != 0);
        Assert.All(Integers(5, 6, 3, 9), v => Assert.Equal(5, v));
    }

    // 32 bits share 2^32 words among 3 x 2^29 integers: every third one gets two words, the others three.
    [Fact]
    public void LargeRangesAreDrawnWithoutBias()
    {
        int[] remainders = [.. Integers(0, 3 << 29, 64, 1000).Select(v => v % 3)];
        Assert.True(ChiSquare(remainders) < 18.4, $"chi-square of 2 degrees of freedom: {ChiSquare(remainders)}");
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(-7, 1 << 30)]
    [InlineData(0, 3 << 29)]
    [InlineData(int.MinValue, int.MaxValue)]
    public void IntegersAreTheUpperPartOfARangeTimesAFractionOf64Bits(int low, int high)
    {
        const int Rows = 37, Columns = 23, Blocks = 6;
        int[] drawn = Integers(low, high, Rows, Columns);
        for (int row = 0; row < Rows; row++)
        {
            for (int column = 0; column < Columns; column++)
            {
                var key = PlainKey.Of(1).Fold(2).Split(row);
                ulong fraction = ((ulong)Word(key, column, 0) << 32) | Word(key, column, 0x80000000);
                int expected = (int)(low + (long)(((UInt128)fraction * (uint)(high - low)) >> 64));
                Assert.Equal(expected, drawn[(row * Columns) + column]);
            }
        }

        static uint Word(PlainKey key, int column, uint half) => key.Draw((uint)(column % Blocks) | half)[column / Blocks];
    }

    [Fact]
    public void ConstantsThatNameNoDistributionAreErrors()
    {
        var key = Key.Of(1);
        Says("DrawIntegers: there is no integer from 3 up to, not including, 3", new DrawIntegers(3, 3, [2]));
        Says("from 3 up to, not including, -3", new DrawIntegers(3, -3, [2]));
        Says("DrawUniform: bounds 1 and 0", new DrawUniform(1, 0, [2], ElementType.Float32));
        Says("bounds NaN and 0", new DrawUniform(double.NaN, 0, [2], ElementType.Float32));
        Says("a finite distance apart", new DrawUniform(-3e38, 3e38, [2], ElementType.Float32));
        Says("DrawNormal: deviation -1 is not", new DrawNormal(0, -1, [2], ElementType.Float64));
        Says("mean NaN is not finite", new DrawNormal(double.NaN, 1, [2], ElementType.Float64));
        Says("must be finite in Float32", new DrawUniform(1e39, 1e39, [2], ElementType.Float32));
        Says("mean 1E+39 is not finite in Float32", new DrawNormal(1e39, 1, [2], ElementType.Float32));
        Says("deviation 1E+39", new DrawTruncatedNormal(1e39, [2], ElementType.Float32));
        Says("DrawTruncatedNormal: deviation", new DrawTruncatedNormal(double.PositiveInfinity, [2], ElementType.Float64));
        Says("not Int32: use Tensor.Integers", new DrawUniform(0, 10, [2], ElementType.Int32));
        new DrawUniform(-3e38, 3e38, [2], ElementType.Float64).Apply(key.Words);
        new DrawNormal(1, 0, [2], ElementType.Float64).Apply(key.Words);

        void Says(string part, Operation draw)
            => Assert.Contains(part, Assert.Throws<ArgumentException>(() => draw.Apply(key.Words)).Message);
    }

    public void Dispose() => _scope.Dispose();

    private static int[] Integers(int low, int high, int rows, int columns)
        => Tensor.Integers(Key.Of(1).Fold(2).Split(rows), low, high, [columns]).ToArray<int>();

    private static double ChiSquare(int[] x)
    {
        var counts = x.GroupBy(v => v).Select(group => group.Count()).ToArray();
        double expected = (double)x.Length / counts.Length;
        return counts.Sum(count => (count - expected) * (count - expected) / expected);
    }
}
