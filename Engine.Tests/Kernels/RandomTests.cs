using Engine.Kernels;
using Engine.Kernels.Bodies;
using Engine.Kernels.Cpu;
using Engine.Kernels.Functions;
using FsCheck.Xunit;
using Xunit;

namespace Engine.Tests.Kernels;

public class RandomTests
{
    [Property]
    public void UniformNumbersAreTheWordsOfTheirBlocks(byte rowsLess1, byte columnsLess1)
        => UniformNumbersAreWords(1 + (rowsLess1 % 40), 1 + columnsLess1);

    [Theory]
    [InlineData(3, 4099)]
    [InlineData(500, 40)]
    public void ManyUniformNumbersAreTheWordsOfTheirBlocks(int rows, int columns) => UniformNumbersAreWords(rows, columns);

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(27)]
    [InlineData(37)]
    [InlineData(160)]
    [InlineData(163)]
    public void NumbersDontDependOnHowRowsAreSplit(int columns)
    {
        using var device = new CpuDevice(2);
        const int Rows = 301;
        int[] keys = Keys(Rows);
        float[] all = Draw<float, NormalDistribution>(device, new(1, 2), Rows, columns, keys);
        foreach ((int start, int end) in new[] { (0, 1), (1, 18), (18, 301) })
        {
            float[] part = Draw<float, NormalDistribution>(device, new(1, 2), end - start, columns, keys[(4 * start)..(4 * end)]);
            Assert.Equal(all[(start * columns)..(end * columns)], part);
        }
    }

    [Fact]
    public void EveryPartOfTheKeyMatters()
    {
        using var device = new CpuDevice(2);
        var draws = new List<float[]>();
        foreach (int[] key in (int[][])[[1, 2, 3, 4], [9, 2, 3, 4], [1, 9, 3, 4], [1, 2, 9, 4], [1, 2, 3, 9]])
            draws.Add(Draw<float, UniformDistribution>(device, new(0, 1), 1, 64, key));

        for (int i = 0; i < draws.Count; i++)
        {
            for (int j = 0; j < i; j++)
                Assert.True(draws[i].Zip(draws[j]).Count(p => p.First == p.Second) <= 1);
        }
    }

    [Fact]
    public void UniformNumbersAreUniform()
    {
        using var device = new CpuDevice(2);
        float[] x = Draw<float, UniformDistribution>(device, new(-2, 3), 100, 1000, Keys(100));
        Distributed(x, v => (v + 2) / 5);
        Assert.Equal(0.5, x.Average(), 0.02);
    }

    [Fact]
    public void NormalNumbersAreNormal()
    {
        using var device = new CpuDevice(2);
        Check(Draw<float, NormalDistribution>(device, new(1, 2), 200, 1000, Keys(200)));
        Check([.. Draw<double, NormalDistribution>(device, new(1, 2), 200, 1000, Keys(200)).Select(v => (float)v)]);

        static void Check(float[] x)
        {
            double[] z = [.. x.Select(v => (v - 1.0) / 2)];
            Assert.Equal(0, z.Average(), 0.01);
            Assert.Equal(1, z.Average(v => v * v), 0.02);
            Assert.Equal(0, z.Average(v => v * v * v), 0.04);
            Assert.Equal(3, z.Average(v => v * v * v * v), 0.08);

            // The numbers of a pair share a radius.
            Assert.Equal(0, Enumerable.Range(0, 250).Average(i => z[i] * z[i + 250]), 0.2);
            Distributed(x, v => Normal((v - 1) / 2));
        }
    }

    [Fact]
    public void TruncatedNormalNumbersAreTruncatedNormal()
    {
        using var device = new CpuDevice(2);
        float[] x = Draw<float, TruncatedNormalDistribution>(device, new(0, 1), 100, 1000, Keys(100));
        Assert.All(x, v => Assert.InRange(v, -2, 2));
        Distributed(x, v => (Normal(v) - Normal(-2)) / (Normal(2) - Normal(-2)));
        Assert.Equal(0.8796, Math.Sqrt(x.Average(v => (double)v * v)), 0.005);

        // Number by number, the distribution function of the result is the uniform number it came from.
        double[] u = Draw<double, UniformDistribution>(device, new(0, 1), 10, 100, Keys(10));
        double[] z = Draw<double, TruncatedNormalDistribution>(device, new(0, 1), 10, 100, Keys(10));
        for (int i = 0; i < u.Length; i++)
            Assert.Equal(u[i], (Normal(z[i]) - Normal(-2)) / (Normal(2) - Normal(-2)), 1e-13);
    }

    [Fact]
    public void GumbelNumbersHaveTheirDistribution()
    {
        using var device = new CpuDevice(2);
        float[] x = Draw<float, GumbelDistribution>(device, default, 100, 1000, Keys(100));
        Distributed(x, v => Math.Exp(-Math.Exp(-v)));
        Assert.Equal(0.5772, x.Average(), 0.015);
    }

    // All 32 bits of a word count where Gumbel numbers are large, in float32 as in float64.
    [Fact]
    public void SmallProbabilitiesReachGumbelNumbersOfBothTypes()
    {
        using var device = new CpuDevice(2);
        foreach ((int rows, int columns) in new[] { (100, 1000), (1000, 7), (40, 41) })
        {
            int[] keys = Keys(rows);
            float[] single = Draw<float, GumbelDistribution>(device, default, rows, columns, keys);
            double[] wide = Draw<double, GumbelDistribution>(device, default, rows, columns, keys);
            for (int i = 0; i < wide.Length; i++)
            {
                if (wide[i] > 0)
                    Assert.Equal(wide[i], single[i], 2e-6 * (1 + wide[i]));
            }

            Assert.Contains(wide, x => x > 5);
        }
    }

    [Fact]
    public void DistancesFromOneHaveAllBitsOfTheirWord()
    {
        foreach (uint word in (uint[])[0, 1, 12345, 0xFFFF, 0x10000, 0x00FFFFFF, 0x7FFFFFFF, 0x89ABCDEF, 0xFFFFFF00])
            Assert.Equal((float)((word + 0.5) / 4294967296.0), Uniform32.Distance(word).Value);
        Assert.Equal(1 - (1f / (1 << 24)), Uniform32.Distance(uint.MaxValue).Value);
        Scalar<Float32, float> a = Uniform32.Distance(0), b = a, c = a, d = a;
        default(GumbelDistribution).Invoke(ref a, ref b, ref c, ref d);
        Assert.Equal(33 * Math.Log(2), a.Value, 1e-5);
    }

    [Fact]
    public void KeysAreReadWhenTheKernelRuns()
    {
        using var device = new CpuDevice(2);
        var keys = device.Allocate(16);
        var to = device.Allocate(4 * 64);
        var results = new List<float[]>();
        for (int iteration = 0; iteration < 2; iteration++)
        {
            device.Upload<int>([1, iteration, 0, 0], keys);
            device.Random(ElementType.Float32, new UniformDistribution(0, 1), 1, 64, to, keys);
            var result = new float[64];
            device.Download<float>(to, result);
            results.Add(result);
        }

        Assert.NotEqual(results[0], results[1]);
        device.Free(keys);
        device.Free(to);
    }

    private static void UniformNumbersAreWords(int rows, int columns)
    {
        using var device = new CpuDevice(2);
        int[] keys = Keys(rows);
        float[] single = Draw<float, UniformDistribution>(device, new(0, 1), rows, columns, keys);
        double[] wide = Draw<double, UniformDistribution>(device, new(0, 1), rows, columns, keys);
        int blocks = (columns + 3) / 4;
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                uint c0 = (uint)(column % blocks), c1 = 0, c2 = (uint)keys[(4 * row) + 2], c3 = (uint)keys[(4 * row) + 3];
                Philox.Block(ref c0, ref c1, ref c2, ref c3, (uint)keys[4 * row], (uint)keys[(4 * row) + 1]);
                uint word = (column / blocks) switch { 0 => c0, 1 => c1, 2 => c2, _ => c3 };
                Assert.Equal((float)(((word >> 9) + 0.5) / (1 << 23)), single[(row * columns) + column]);
                Assert.Equal((word + 0.5) / 4294967296.0, wide[(row * columns) + column]);
            }
        }
    }

    private static int[] Keys(int rows) => [.. Enumerable.Range(0, 4 * rows).Select(i => i % 4 == 0 ? 12345 : i * 7)];

    // The numbers, after a check that nothing was written behind them.
    private static T[] Draw<T, TDistribution>(
        CpuDevice device, TDistribution distribution, int rows, int columns, int[] keys)
        where T : unmanaged
        where TDistribution : struct, IDistribution
    {
        const int Guard = 64;
        var type = ElementTypes.Of<T>();
        int count = rows * columns;
        var from = device.Allocate(4L * keys.Length);
        var to = device.Allocate((long)(count + Guard) * type.Size());
        device.Upload<int>(keys, from);
        device.Fill(type, to, 77);
        device.Random(type, distribution, rows, columns, to, from);
        var result = new T[count + Guard];
        device.Download<T>(to, result);
        device.Free(from);
        device.Free(to);
        Assert.All(result[count..], v => Assert.Equal(77.0, Convert.ToDouble(v)));
        return result[..count];
    }

    // Kolmogorov and Smirnov: exceeded once in a thousand samples, and the sample is always the same.
    private static void Distributed(float[] x, Func<double, double> probability)
    {
        float[] sorted = [.. x.Order()];
        double distance = Enumerable.Range(0, x.Length)
            .Max(i => Math.Max(probability(sorted[i]) - (i / (double)x.Length), ((i + 1) / (double)x.Length) - probability(sorted[i])));
        Assert.True(distance * Math.Sqrt(x.Length) < 1.95, $"distance {distance}");
    }

    // The normal distribution function for |x| up to some 7, by its series around 0.
    private static double Normal(double x)
    {
        double term = x, sum = x;
        for (int k = 3; Math.Abs(term) > 1e-18 * Math.Abs(sum); k += 2)
        {
            term *= x * x / k;
            sum += term;
        }

        return 0.5 + (sum * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI));
    }
}
