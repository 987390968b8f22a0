using Engine.Core;
using Engine.Core.Autodiff;
using Xunit;

namespace Engine.Tests.Core;

public sealed class WhereTests : IDisposable
{
    private readonly TensorScope _scope = new();

    // The side not chosen has, at 0, a derivative that is NaN or infinite; it may be the first or the second.
    public static MatrixTheoryData<string, bool> Sides
        => new(["root of -1", "root of 0", "log of 0", "1 / 0"], [false, true]);

    [Theory]
    [MemberData(nameof(Sides))]
    public void ASideThatIsNotChosenSpoilsTheDerivativeButNotTheResult(string side, bool first)
    {
        var x = Tensor.From(0.0);
        var y = Chosen(x < 1, x * 3, Side(side, x), first);
        Assert.Equal([0.0], y.ToDoubles());
        Assert.Equal([double.NaN], Gradient.Of(y.Sum(), x).ToDoubles());
    }

    [Theory]
    [MemberData(nameof(Sides))]
    public void ChoosingWhatGoesInTooKeepsDerivativesOfAnyOrder(string side, bool first)
    {
        Assert.Equal([0.0], Function(Tensor.From(0.0)).ToDoubles());
        var x = Tensor.From(0.0, 0.5, 4);
        var slope = Gradient.Of(Function(x).Sum(), x);
        var second = Gradient.Of(slope.Sum(), x);
        Assert.Equal([3.0, 3], slope.ToDoubles()[..2]);
        Assert.Equal([0.0, 0], second.ToDoubles()[..2]);

        // Where the other side is chosen, nothing is lost.
        var at = Tensor.From(4.0);
        var alone = Gradient.Of(Side(side, at).Sum(), at);
        Assert.Equal(alone.Item(), slope.ToDoubles()[2], 1e-12);
        Assert.Equal(Gradient.Of(alone.Sum(), at).Item(), second.ToDoubles()[2], 1e-12);

        Tensor Function(Tensor x)
        {
            var small = x < 1;
            return Chosen(small, x * 3, Side(side, Chosen(small, Tensor.OnesLike(x) * 2, x, first)), first);
        }
    }

    [Fact]
    public void ANaNThatIsNoFunctionOfTheInputDoesNoHarm()
    {
        var x = Tensor.From(0.0, 2);
        Assert.Equal([1.0, 0], Gradient.Of(Tensor.Where(x < 1, x, double.NaN).Sum(), x).ToDoubles());
        Assert.Equal([0.0, 1], Gradient.Of(Tensor.Where(x < 1, double.NaN, x).Sum(), x).ToDoubles());
    }

    // As the pages write it.
    [Fact]
    public void TheExampleIsRight()
    {
        var x = Tensor.From(0.0);
        var small = x < 1;
        Assert.Equal(double.NaN, Gradient.Of(Tensor.Where(small, x, (x - 1).Sqrt()).Sum(), x).Item());
        Assert.Equal(1, Gradient.Of(Tensor.Where(small, x, Tensor.Where(small, 1, x - 1).Sqrt()).Sum(), x).Item());
    }

    [Fact]
    public void NormsHaveTheDerivativeZeroAtZero()
    {
        var x = Tensor.From([0.0, 0, 3, 4], [2, 2]);
        var slope = Gradient.Of(x.Norm(1).Sum(), x);
        Assert.Equal([0.0, 0], slope.ToDoubles()[..2]);
        Assert.Equal(0.6, slope.ToDoubles()[2], 1e-12);
        var second = Gradient.Of(slope.Sum(), x).ToDoubles();
        Assert.Equal([0.0, 0], second[..2]);
        Assert.Equal(0.128 - 0.096, second[2], 1e-12);
        Assert.Equal([0.0, 0], Gradient.Of(x[0].Std(), x).ToDoubles()[..2]);
    }

    public void Dispose() => _scope.Dispose();

    private static Tensor Chosen(Tensor condition, Tensor safe, Tensor other, bool first)
        => first ? Tensor.Where(1 - condition, other, safe) : Tensor.Where(condition, safe, other);

    private static Tensor Side(string side, Tensor x) => side switch
    {
        "root of -1" => (x - 1).Sqrt(),
        "root of 0" => x.Sqrt(),
        "log of 0" => x.Log(),
        _ => 1 / x,
    };
}
