using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Nn;
using Engine.Core.Operations;
using Engine.Kernels;
using Xunit;

namespace Engine.Tests.Core;

public sealed class UnstackTests : IDisposable
{
    private readonly TensorScope _scope = new();

    public static TheoryData<string> Devices => TestDevices.ForNetworks;

    [Theory]
    [MemberData(nameof(Devices))]
    public void WhatIsStackedComesApart(string name)
    {
        var device = TestDevices.Open(name);
        foreach (var type in (ElementType[])[ElementType.Float32, ElementType.Float64, ElementType.Int32])
        {
            var whole = Tensor.Range(60, type, device).Reshape(3, 4, 5);
            for (int axis = 0; axis < 3; axis++)
            {
                var parts = whole.Unstack(axis);
                Assert.Equal(whole.Shape[axis], parts.Length);
                for (int i = 0; i < parts.Length; i++)
                    Assert.Equal(whole.Narrow(axis, i, 1).ToDoubles(), parts[i].ToDoubles());
                Assert.Equal(whole.ToDoubles(), Tensor.Stack(axis, parts).ToDoubles());
            }

            Assert.Empty(Tensor.Zeros([0, 2], type, device).Unstack());
        }
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void PartsOfUnequalSizesGoAndCome(string name)
    {
        var device = TestDevices.Open(name);
        var whole = Tensor.Range(2 * 9 * 3, device: device).Reshape(2, 9, 3);
        var parts = new Split(1, [4, 0, 1, 3, 1]).ApplyAll(whole);
        Assert.Equal(["[2, 4, 3]", "[2, 0, 3]", "[2, 1, 3]", "[2, 3, 3]", "[2, 1, 3]"], parts.Select(part => part.Shape.ToString()));
        Assert.Equal(whole.Narrow(1, 5, 3).ToDoubles(), parts[3].ToDoubles());
        Assert.Equal(whole.ToDoubles(), Tensor.Concatenate(1, parts).ToDoubles());
        Assert.Throws<ArgumentException>(() => new Split(1, [4, 4]).ApplyAll(whole));
    }

    // In a program parts lie in the memory of the whole where they begin at a multiple of 16 bytes, and inputs may be parts of inputs.
    [Theory]
    [MemberData(nameof(Devices))]
    public void ProgramsTakeApartWhatTheyAreGivenAndWhatTheyMake(string name)
    {
        var device = TestDevices.Open(name);
        using var program = new TensorProgram<Tensor, Tensor[]>(x =>
        {
            var made = (x * 2).Unstack();
            return [x[1..3], x[3, 1..], x[^1] + 1, made[2], made[1].Exp(), x[1..][1..], Tensor.Concatenate(0, made[3], made[0])];
        });
        for (int run = 0; run < 4; run++)
        {
            float[] numbers = [.. Enumerable.Range(0, 4 * 3).Select(i => (i * 0.25f) + run)];
            var found = program.Run(Tensor.From(numbers, [4, 3], device));
            double[][] rows = [.. numbers.Select(number => (double)number).Chunk(3)];
            Assert.Equal([.. rows[1], .. rows[2]], found[0].ToDoubles());
            Assert.Equal(rows[3][1..], found[1].ToDoubles());
            Assert.Equal(rows[3].Select(value => value + 1), found[2].ToDoubles());
            Assert.Equal(rows[2].Select(value => 2 * value), found[3].ToDoubles());
            Assert.All(
                rows[1].Zip(found[4].ToDoubles()), pair => Assert.Equal(Math.Exp(2 * pair.First), pair.Second, 1e-5 * pair.Second));
            Assert.Equal([.. rows[2], .. rows[3]], found[5].ToDoubles());
            Assert.Equal(rows[3].Concat(rows[0]).Select(value => 2 * value), found[6].ToDoubles());
        }
    }

    // The state of a loop is copied from where results are, which may be within the old state.
    [Fact]
    public void ALoopMayCarryPartsOfItsState()
    {
        var start = Tensor.Range(8);
        using var loop = new TensorLoop<Tensor, ValueTuple, Tensor>(
            (x, _) => (Tensor.Concatenate(0, x[4..], x[..4]), x[4..]), start);
        for (int run = 0; run < 6; run++)
        {
            double[] half = run % 2 == 0 ? [4, 5, 6, 7] : [0, 1, 2, 3];
            Assert.Equal(half, loop.Run(default).ToDoubles());
        }
    }

    [Fact]
    public void PartsThatNobodyUsesHaveZeroGradients()
    {
        var x = Tensor.From([1.0, 2, 3, 4], [4, 1]);
        var parts = x.Unstack();
        Assert.Equal([0, 4, 0, 0], Gradient.Of(parts[1].Square().Sum(), x).ToDoubles());
        Assert.Equal([0, 0, 0, 0], Gradient.Of(parts[1].Sum().StopGradient(), x).ToDoubles());
    }

    // Few choices are drawn by one command, many by several: of the same numbers.
    [Theory]
    [MemberData(nameof(Devices))]
    public void ChoicesAreThoseOfTheLargestOfLogitsAndGumbelNumbers(string name)
    {
        var device = TestDevices.Open(name);
        foreach (var type in (ElementType[])[ElementType.Float32, ElementType.Float64])
        {
            foreach (Shape shape in (Shape[])[[4], [7], [64], [3, 5], [2, 3, 9]])
            {
                var keys = Key.Of(3, device).Split(40);
                var logits = Tensor.Normal(Key.Of(4, device), [40, .. shape], type: type);
                var expected = (logits + new DrawGumbel(shape, type).Apply(keys.Words)).ArgMax(-1);
                Assert.Equal(expected.ToDoubles(), Categorical.Sample(keys, logits).ToDoubles());
                Assert.Equal(
                    expected.ToDoubles(), Batch.Map(x => Categorical.Sample(x.Key, x.Logits), (Key: keys, Logits: logits)).ToDoubles());
            }
        }
    }

    public void Dispose() => _scope.Dispose();
}
