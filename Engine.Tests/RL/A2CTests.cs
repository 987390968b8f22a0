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
        Assert.All(Gradient.Of(loss, values).ToDoubles(), value => Assert.Equal(0, value));
    }

    [Fact]
    public void AChoiceThatPaidBecomesLikelier()
    {
        var logits = Tensor.Zeros([3, 2, 4], ElementType.Float64);
        var rollout = Of(logits, Tensor.Zeros([4, 2], ElementType.Float64)) with { Rewards = Tensor.Ones([3, 2], ElementType.Float64) };
        double[][] gradients = [.. Gradient.Of(A2C.InnerLoss(rollout, Coefficients()), logits).ToDoubles().Chunk(4)];

        // Action 1 was taken everywhere; descent raises its logit.
        Assert.All(gradients, row => Assert.True(row[1] < 0 && row[0] > 0 && row[2] > 0 && row[3] > 0));
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.6)]
    [InlineData(1.0)]
    public void TheFullTargetHasTheResidualGradient(double lambda)
    {
        const double Gamma = 0.9, Weight = 0.5;
        var coefficients = Coefficients() with { Lambda = Number(lambda) };
        var rollout = Eventful();
        double[] v = rollout.Values.ToDoubles(), live = rollout.Live.ToDoubles();
        double[] timeOut = rollout.TimeOutValues!.ToDoubles(), r = rollout.Rewards.ToDoubles();
        double[] half = new double[v.Length], full = new double[v.Length], beyond = new double[timeOut.Length];
        for (int column = 0; column < 2; column++)
        {
            // Returns, and their derivatives in all values and in those beyond the step limit.
            double g = v[6 + column];
            double[] slopes = [0, 0, 0, 1], slopesBeyond = [0, 0, 0];
            for (int t = 2; t >= 0; t--)
            {
                int at = (2 * t) + column;
                double factor = Gamma * live[at];
                g = r[at] + (Gamma * timeOut[at]) + (factor * (((1 - lambda) * v[at + 2]) + (lambda * g)));
                slopes = [.. slopes.Select((slope, k) => factor * ((lambda * slope) + (k == t + 1 ? 1 - lambda : 0)))];
                slopesBeyond = [.. slopesBeyond.Select((slope, k) => (factor * lambda * slope) + (k == t ? Gamma : 0))];
                double error = Weight * (g - v[at]) / 6;
                half[at] -= error;
                full[at] -= error;
                for (int k = 0; k < 4; k++)
                    full[(2 * k) + column] += error * slopes[k];
                for (int k = 0; k < 3; k++)
                    beyond[(2 * k) + column] += error * slopesBeyond[k];
            }
        }

        Tensor loss = A2C.InnerLoss(rollout, coefficients), residual = A2C.InnerLoss(rollout, coefficients, fullTarget: true);
        Assert.Equal(loss.Item(), residual.Item());
        Tensor[] inputs = [rollout.Values, rollout.TimeOutValues];
        Close.All(half, Gradient.Of(loss, inputs)[0].ToDoubles(), 1e-14);
        Assert.All(Gradient.Of(loss, inputs)[1].ToDoubles(), value => Assert.Equal(0, value));
        Close.All(full, Gradient.Of(residual, inputs)[0].ToDoubles(), 1e-14);
        Close.All(beyond, Gradient.Of(residual, inputs)[1].ToDoubles(), 1e-14);

        // The policy's gradient is the same, and differences of the critic's loss agree.
        Assert.Equal(Gradient.Of(loss, rollout.Logits).ToDoubles(), Gradient.Of(residual, rollout.Logits).ToDoubles());
        GradientCheck.Check(
            x => [A2C.Terms(rollout with { Values = x[0], TimeOutValues = x[1] }, coefficients, fullTarget: true).Critic], inputs);
    }

    [Fact]
    public void LossesDependOnTheCoefficientsAsDifferencesSay()
    {
        var rollout = Eventful();
        foreach (bool fullTarget in (bool[])[false, true])
        {
            GradientCheck.Check(
                x => [A2C.InnerLoss(rollout, new A2CCoefficients(x[0], x[1], x[2], x[3]), fullTarget)],
                [Number(0.9), Number(0.8), Number(0.5), Number(0.01)]);
        }
    }

    [Fact]
    public void TheOuterLossUsesOuterValuesWhereThereAreSome()
    {
        var rollout = Eventful();
        var outer = Tensor.Range(8, ElementType.Float64).Cos().Reshape(4, 2);
        var both = rollout with { OuterValues = outer, OuterTimeOutValues = rollout.TimeOutValues! * 3 };
        Assert.Equal(
            A2C.OuterLoss(rollout with { Values = outer, TimeOutValues = both.OuterTimeOutValues }, 0.9, 0.7).Item(),
            A2C.OuterLoss(both, 0.9, 0.7).Item());
        Assert.NotEqual(A2C.OuterLoss(rollout, 0.9, 0.7).Item(), A2C.OuterLoss(both, 0.9, 0.7).Item());
        Assert.Equal(A2C.InnerLoss(rollout, Coefficients()).Item(), A2C.InnerLoss(both, Coefficients()).Item());
        Assert.All(Gradient.Of(A2C.OuterLoss(both), outer).ToDoubles(), value => Assert.Equal(0, value));

        // Without values for time-outs the limit ends returns of the outer loss too.
        Assert.Equal(
            A2C.OuterLoss(rollout with { Values = outer, TimeOutValues = null }).Item(),
            A2C.OuterLoss(both with { OuterTimeOutValues = null }).Item());
    }

    [Fact]
    public void TheOuterCriticLearnsOuterValuesAlone()
    {
        var rollout = Eventful();
        Assert.Throws<ArgumentException>(() => A2C.OuterCriticLoss(rollout));
        var outer = Tensor.Range(8, ElementType.Float64).Cos().Reshape(4, 2);
        var both = rollout with { OuterValues = outer, OuterTimeOutValues = rollout.TimeOutValues! * 3 };
        var loss = A2C.OuterCriticLoss(both, 0.9, 0.7);

        // The same as the critic's loss of values that are those.
        var swapped = rollout with { Values = outer, TimeOutValues = both.OuterTimeOutValues };
        var terms = A2C.Terms(swapped, Coefficients() with { Lambda = Number(0.7) });
        Assert.Equal(terms.Critic.Item(), loss.Item(), 1e-14);
        Close.All(Gradient.Of(terms.Critic, outer).ToDoubles(), Gradient.Of(loss, outer).ToDoubles(), 1e-14);
        Assert.All(Gradient.Of(loss, rollout.Values).ToDoubles(), value => Assert.Equal(0, value));
        Assert.All(Gradient.Of(loss, rollout.Logits).ToDoubles(), value => Assert.Equal(0, value));
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

    // With rewards, ends of episodes, one of them by the step limit, and nothing that is zero by chance.
    private static Rollout Eventful()
        => Of(Tensor.Range(24, ElementType.Float64).Sin().Reshape(3, 2, 4), Tensor.From([0.5, -1, 2, 0.3, 1, -0.7, 0.2, 1.5], [4, 2])) with
        {
            Actions = Tensor.From([0, 3, 1, 1, 2, 0], [3, 2]),
            Rewards = Tensor.From([1.0, 0, -0.5, 2, 0.3, 1], [3, 2]),
            Live = Tensor.From([1.0, 0, 1, 1, 0, 1], [3, 2]),
            TimeOutValues = Tensor.From([0, 0.8, 0, 0, 0, 0], [3, 2]),
        };

    private static A2CCoefficients Coefficients() => new(Number(0.9), Number(0.8), Number(0.5), Number(0.01));

    private static Tensor Number(double value) => Tensor.From([value], []);
}
