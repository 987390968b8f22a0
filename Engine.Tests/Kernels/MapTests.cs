using System.Numerics;
using Engine.Core;
using Engine.Kernels;
using Engine.Kernels.Cpu;
using Engine.Kernels.Functions;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace Engine.Tests.Kernels;

public sealed class MapTests : IDisposable
{
    private const int Guard = 40;

    private readonly CpuDevice _device = new(3);

    [Property(MaxTest = 150)]
    public void MapsOfBroadcastOperandsEqualNaiveLoops(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        var shape = Nest.Shape(random);
        Shape[] operands = [Nest.Operand(random, shape), Nest.Operand(random, shape), Nest.Operand(random, shape)];
        Check<float>(shape, operands);
        Check<double>(shape, operands);
        Check<int>(shape, operands);
    }

    [Fact]
    public void RowsAroundVectorWidths()
    {
        for (int width = 1; width <= 70; width++)
        {
            Check<float>([3, width], [[width], [3, 1], [3, width]]);
            Check<double>([3, width], [[3, 1], [3, width], [width]]);
        }
    }

    [Fact]
    public void SizesThatAreSharedByThreads()
    {
        Check<float>([140_001], [[140_001], [], [1]]);
        Check<float>([301, 257], [[301, 257], [257], [301, 1]]);
        Check<double>([70_001, 3], [[70_001, 1], [3], [70_001, 3]]);
    }

    public void Dispose() => _device.Dispose();

    private void Check<T>(Shape shape, Shape[] operands)
        where T : unmanaged, INumber<T>
    {
        var random = new Random(shape.ElementCount);
        var type = ElementTypes.Of<T>();
        T[][] values = [.. operands.Select(operand => Values<T>(random, operand.ElementCount))];
        int[][] strides = [shape.Strides(), .. operands.Select(operand => operand.StridesIn(shape))];
        int[][] offsets = [.. strides[1..].Select(each => Nest.Offsets(shape.Sizes, each))];
        var buffers = values.Select(Upload).ToArray();
        var result = Upload(new T[shape.ElementCount + Guard]);
        for (int count = 1; count <= 3; count++)
        {
            T guard = T.CreateChecked(77);
            _device.Fill(type, result, 77);
            var loops = Loops.Of(shape.Sizes, strides[..(count + 1)]);
            if (count == 1)
                _device.Map(type, new NegateFunction(), loops, result, buffers[0]);
            else if (count == 2)
                _device.Map(type, new SubtractFunction(), loops, result, buffers[0], buffers[1]);
            else
                _device.Map(type, new MultiplyAddFunction(), loops, result, buffers[0], buffers[1], buffers[2]);

            var actual = new T[shape.ElementCount + Guard];
            _device.Download(result, actual.AsSpan());
            for (int i = 0; i < shape.ElementCount; i++)
            {
                T x = values[0][offsets[0][i]], y = values[1][offsets[1][i]], z = values[2][offsets[2][i]];
                T expected = count switch { 1 => -x, 2 => x - y, _ => (x * y) + z };
                if (!actual[i].Equals(expected) && actual[i] != expected)
                    Assert.Fail($"{type} {shape} of {string.Join(", ", operands.Take(count))}: {actual[i]} at {i}, not {expected}");
            }

            Assert.All(actual[shape.ElementCount..], value => Assert.Equal(guard, value));
        }

        foreach (var buffer in buffers.Append(result))
            _device.Free(buffer);
        Assert.Equal(0, _device.Pool.LiveBlocks);
    }

    private static T[] Values<T>(Random random, int count)
        where T : unmanaged, INumber<T>
        => [.. Enumerable.Range(0, count).Select(_ => T.CreateChecked(random.Next(-9, 10)))];

    private Engine.Kernels.Memory.Buffer Upload<T>(T[] values)
        where T : unmanaged, INumber<T>
    {
        var buffer = _device.Allocate((long)values.Length * ElementTypes.Of<T>().Size());
        _device.Upload<T>(values, buffer);
        return buffer;
    }
}
