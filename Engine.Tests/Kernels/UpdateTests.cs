using System.Numerics;
using System.Runtime.CompilerServices;
using Engine.Core;
using Engine.Kernels;
using Engine.Kernels.Cpu;
using Engine.Kernels.Functions;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace Engine.Tests.Kernels;

public sealed class UpdateTests : IDisposable
{
    private const int Guard = 40;

    private readonly CpuDevice _device = new(3);

    [Property(MaxTest = 150)]
    public void UpdatesOfBroadcastOperandsEqualNaiveLoops(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        var shape = Nest.Shape(random);
        Shape[] operands = [.. Enumerable.Range(0, 6).Select(_ => Nest.Operand(random, shape))];
        Check<float>(_device, shape, operands);
        Check<double>(_device, shape, operands);
    }

    [Fact]
    public void RowsAroundVectorWidths()
    {
        for (int width = 1; width <= 70; width++)
        {
            Check<float>(_device, [3, width], [[3, width], [width], [1, width], [3, width], [], [3, 1]]);
            Check<double>(_device, [3, width], [[3, width], [width], [3, 1], [1, 1], [width], []]);
        }
    }

    [Fact]
    public void SizesThatAreSharedByThreads()
    {
        Check<float>(_device, [140_001], [[140_001], [140_001], [140_001], [140_001], [], [1]]);
        Check<float>(_device, [301, 257], [[301, 257], [257], [1, 257], [301, 257], [301, 1], []]);
        Check<double>(_device, [70_001, 3], [[70_001, 1], [3], [70_001, 3], [70_001, 3], [], [1, 3]]);
    }

    [Theory]
    [MemberData(nameof(TestDevices.ForNetworks), MemberType = typeof(TestDevices))]
    public void DevicesDoTheSame(string name)
    {
        var device = TestDevices.Open(name);
        Check<float>(device, [], [[], [], [], [], [], []]);
        Check<float>(device, [3, 17], [[3, 17], [17], [1, 17], [3, 1], [], [3, 17]]);
        Check<double>(device, [0, 4], [[0, 4], [4], [0, 1], [0, 4], [], []]);

        // Eight loops that don't merge.
        Shape deep = [2, 2, 2, 2, 2, 2, 2, 2];
        Check<double>(device, deep, [deep, [1, 2, 1, 2, 1, 2, 1, 2], [2, 1, 2, 1, 2, 1, 2, 1], deep, [1, 1, 2, 2, 1, 1, 2, 2], []]);
    }

    [Theory]
    [MemberData(nameof(TestDevices.ForNetworks), MemberType = typeof(TestDevices))]
    public void IntegersAreRefused(string name)
    {
        var device = TestDevices.Open(name);
        var x = device.Allocate(4);
        var loops = Loops.Of([], [], [], [], [], [], [], []);
        var failure = Assert.Throws<ArgumentException>(
            () => device.Update(ElementType.Int32, new Shuffle(), loops, (x, x, x, x), (x, x, x, x), x, x));
        Assert.Contains("Int32 is not supported", failure.Message);
        device.Free(x);
    }

    public void Dispose()
    {
        Assert.Equal(0, _device.Pool.LiveBlocks);
        _device.Dispose();
    }

    private static void Check<T>(Device device, Shape shape, Shape[] operands)
        where T : unmanaged, INumber<T>
    {
        var random = new Random(shape.ElementCount);
        var type = ElementTypes.Of<T>();
        T[][] values = [.. operands.Select(operand => Values<T>(random, operand.ElementCount))];
        int[][] strides = [shape.Strides(), .. operands.Select(operand => operand.StridesIn(shape))];
        int[][] offsets = [.. strides[1..].Select(each => Nest.Offsets(shape.Sizes, each))];
        var from = values.Select(each => Upload(device, each)).ToArray();
        var to = Enumerable.Range(0, 4).Select(_ => Upload(device, new T[shape.ElementCount + Guard])).ToArray();
        foreach (var result in to)
            device.Fill(type, result, 77);
        device.Update(
            type, new Shuffle(), Loops.Of(shape.Sizes, strides), (to[0], to[1], to[2], to[3]), (from[0], from[1], from[2], from[3]),
            from[4], from[5]);
        for (int result = 0; result < 4; result++)
        {
            var actual = new T[shape.ElementCount + Guard];
            device.Download(to[result], actual.AsSpan());
            for (int i = 0; i < shape.ElementCount; i++)
            {
                T[] x = [.. values.Zip(offsets, (each, offset) => each[offset[i]])];
                T expected = result switch
                {
                    0 => (x[0] * x[4]) + x[1],
                    1 => x[2] - x[0],
                    2 => (x[3] * x[5]) - x[2],
                    _ => x[3] + x[5],
                };
                if (actual[i] != expected)
                    Assert.Fail($"{type} {shape} of {string.Join(", ", operands)}: result {result} is {actual[i]} at {i}, not {expected}");
            }

            Assert.All(actual[shape.ElementCount..], value => Assert.Equal(T.CreateChecked(77), value));
        }

        foreach (var buffer in from.Concat(to))
            device.Free(buffer);
    }

    private static T[] Values<T>(Random random, int count)
        where T : unmanaged, INumber<T>
        => [.. Enumerable.Range(0, count).Select(_ => T.CreateChecked(random.Next(-9, 10)))];

    private static Engine.Kernels.Memory.Buffer Upload<T>(Device device, T[] values)
        where T : unmanaged, INumber<T>
    {
        var buffer = device.Allocate((long)values.Length * ElementTypes.Of<T>().Size());
        device.Upload<T>(values, buffer);
        return buffer;
    }

    /// <summary>Every result depends on others of the operands than every other one.</summary>
    public readonly struct Shuffle : IUpdate
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<V>(ref V a, ref V b, ref V c, ref V d, V s, V t)
            where V : struct, ILanes<V>
            => (a, b, c, d) = ((a * s) + b, c - a, (d * t) - c, d + t);
    }
}
