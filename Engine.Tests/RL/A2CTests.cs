using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Kernels;
using Engine.RL.Agents;
using Xunit;

namespace Engine.Tests.RL;

public sealed class A2CTests : IDisposable
{
    private readonly TensorScope _scope = new();

    [Fact]
    public void AUniformPolicyThatGetsNothingHasTheLossOfItsEntropy()
    {
        var rollout = Of(Tensor.Zeros([3, 2, 4], ElementType.Float64), Tensor.Zeros([4, 2], ElementType.Float64));
        Assert.Equal(-0.01 * Math.Log(4), A2C.InnerLoss(rollout, Coefficients()).Item(), 1e-14);
        Assert.Equal(0, A2C.OuterLoss(rollout).Item());
    }

    [Fact]
    public void TheOuterLossDoesNotTrainValues()
    {
        var values = Tensor.From([1.0, 2, 3, 4, 5, 6, 7, 8], [4, 2]);
        var loss = A2C.OuterLoss(Of(Tensor.Range(24, ElementType.Float64).Sin().Reshape(3, 2, 4), values));
        Assert.NotEqual(0, loss.Item());
        Assert.All(Gradient.Of(loss, values)[0].ToDoubles(), value => Assert.Equal(0, value));
    }

    [Fact]
    public void AChoiceThatPaidBecomesLikelier()
    {
        var logits = Tensor.Zeros([3, 2, 4], ElementType.Float64);
        var rollout = Of(logits, Tensor.Zeros([4, 2], ElementType.Float64)) with { Rewards = Tensor.Ones([3, 2], ElementType.Float64) };
        double[][] gradients = [.. Gradient.Of(A2C.InnerLoss(rollout, Coefficients()), logits)[0].ToDoubles().Chunk(4)];

        // Action 1 was taken everywhere; descent raises its logit.
        Assert.All(gradients, row => Assert.True(row[1] < 0 && row[0] > 0 && row[2] > 0 && row[3] > 0));
    }

    [Fact]
    public void ActionsOfAnotherShapeAreNamed()
    {
        var rollout = Of(Tensor.Zeros([3, 1, 4], ElementType.Float64), Tensor.Zeros([4, 2], ElementType.Float64)) with
        {
            Actions = Tensor.Zeros([3, 1], ElementType.Int32),
        };
        var failure = Assert.Throws<ArgumentException>(() => A2C.InnerLoss(rollout, Coefficients()));
        Assert.Contains("actions [3, 1] and rewards [3, 2]", failure.Message);
        Assert.Throws<ArgumentException>(() => A2C.OuterLoss(rollout));
    }

    public void Dispose() => _scope.Dispose();

    private static Rollout Of(Tensor logits, Tensor values)
        => new(
            logits,
            values,
            Tensor.Full(1, [3, 2], ElementType.Int32),
            Tensor.Zeros([3, 2], ElementType.Float64),
            Tensor.Ones([3, 2], ElementType.Float64));

    private static A2CCoefficients Coefficients() => new(Number(0.9), Number(0.8), Number(0.5), Number(0.01));

    private static Tensor Number(double value) => Tensor.From([value], []);
}
