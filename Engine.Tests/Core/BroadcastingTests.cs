using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Tests.Kernels;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace Engine.Tests.Core;

public class BroadcastingTests
{
    [Property(MaxTest = 500)]
    public void ShapesBroadcastCommutativelyAndAssociatively(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        Shape[] shapes = [.. Enumerable.Range(0, 3).Select(_ => Small(random))];
        var (a, b, c) = (shapes[0], shapes[1], shapes[2]);
        Assert.Equal(Shape.Broadcast(a, b), Shape.Broadcast(b, a));
        Assert.Equal(a, Shape.Broadcast(a, a));
        Assert.Equal(a, Shape.Broadcast(a, []));
        var left = Shape.Broadcast(a, b) is { } ab ? Shape.Broadcast(ab, c) : null;
        var right = Shape.Broadcast(b, c) is { } bc ? Shape.Broadcast(a, bc) : null;
        if (left is not null && right is not null)
            Assert.Equal(left, right);
        if (left is { } all)
            Assert.Equal(all, Shape.Broadcast(a, all));
    }

    [Property]
    public void OperationsBroadcastAsBroadcastToDoes(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        using var scope = new TensorScope();
        var target = Nest.Shape(random, 2000);
        var (a, b) = (Random(random, Nest.Operand(random, target)), Random(random, Nest.Operand(random, target)));
        var common = Shape.Broadcast(a.Shape, b.Shape)!;
        var (wideA, wideB) = (a.BroadcastTo(common), b.BroadcastTo(common));
        Same(a - b, wideA - wideB);
        Same(a + b, b + a);
        Same(a * b, wideB * wideA);
        Same(Tensor.Maximum(a, b), Tensor.Maximum(wideA, wideB));
        Same(Tensor.Where(a > b, a, b), Tensor.Where(wideA > wideB, wideA, wideB));
        var direct = Gradient.Of((a.Sin() * b).Sum(), (Tensor[])[a, b]);
        var wide = Gradient.Of((wideA.Sin() * wideB).Sum(), (Tensor[])[a, b]);
        Close(direct[0], wide[0]);
        Close(direct[1], wide[1]);
    }

    [Fact]
    public void ShapesThatDoNotMatchAreNamed()
    {
        using var scope = new TensorScope();
        Assert.Null(Shape.Broadcast([2, 3], [2]));
        var failure = Assert.Throws<ArgumentException>(() => Tensor.Zeros([2, 3]) + Tensor.Zeros([2]));
        Assert.Contains("Add: shapes [2, 3] and [2] do not broadcast", failure.Message);
    }

    private static Shape Small(Random random)
        => Enumerable.Range(0, random.Next(4)).Select(_ => random.Next(5) is 4 or 0 ? 1 : random.Next(0, 4)).ToArray();

    private static Tensor Random(Random random, Shape shape)
        => Tensor.From([.. Enumerable.Range(0, shape.ElementCount).Select(_ => (double)random.Next(-4, 5))], shape);

    private static void Same(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.Shape, actual.Shape);
        Assert.Equal(expected.ToDoubles(), actual.ToDoubles());
    }

    private static void Close(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.Shape, actual.Shape);
        Assert.All(expected.ToDoubles().Zip(actual.ToDoubles()), pair => Assert.Equal(pair.First, pair.Second, 1e-9));
    }
}
