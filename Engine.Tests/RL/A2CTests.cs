using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Kernels;
using Engine.RL.Agents;
using Xunit;

namespace Engine.Tests.RL;

public sealed class A2CTests : IDisposable
{
    private static readonly A2COptions s_fullTarget = new() { FullTarget = true };
    private static readonly A2COptions s_outer = new() { OuterGamma = 0.9, OuterLambda = 0.7 };

    private readonly TensorScope _scope = new();

    [Fact]
    public void AUniformPolicyThatGetsNothingHasTheLossOfItsEntropy()
    {
        var losses = A2C.Losses(Of(Tensor.Zeros([3, 4], ElementType.Float64), Tensor.Zeros([4], ElementType.Float64)), Coefficients());
        Assert.Equal(-0.01 * Math.Log(4), losses.Inner.Item(), 1e-14);
        Assert.Equal(Math.Log(4), losses.Entropy.Item(), 1e-14);
        Assert.Equal((0, 0, 0), (losses.Outer.Item(), losses.Actor.Item(), losses.Critic.Item()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void TheInnerLossIsItsTermsWeighed(int game)
    {
        var losses = A2C.Losses(Eventful(game), Coefficients());
        Assert.All(Tree.Leaves(losses), loss => Assert.Equal([], loss.Shape));
        Assert.All(Tree.Leaves(losses), loss => Assert.NotEqual(0, loss.Item()));
        Assert.Equal(
            losses.Actor.Item() + (0.5 * losses.Critic.Item()) - (0.01 * losses.Entropy.Item()), losses.Inner.Item(), 1e-14);
    }

    [Fact]
    public void TheOuterLossDoesNotTrainValues()
    {
        var values = Tensor.From(1.0, 3, 5, 7);
        var logits = Tensor.Range(12, ElementType.Float64).Sin().Reshape(3, 4);
        var loss = A2C.Losses(Of(logits, values), Coefficients()).Outer;
        Assert.NotEqual(0, loss.Item());
        Assert.All(Gradient.Of(loss, values).ToDoubles(), value => Assert.Equal(0, value));
        Assert.Contains(Gradient.Of(loss, logits).ToDoubles(), value => value != 0);
    }

    [Fact]
    public void AChoiceThatPaidBecomesLikelier()
    {
        var logits = Tensor.Zeros([3, 4], ElementType.Float64);
        var paid = Of(logits, Tensor.Zeros([4], ElementType.Float64)) with { Rewards = Tensor.Ones([3], ElementType.Float64) };
        var losses = A2C.Losses(paid, Coefficients());
        foreach (var loss in (Tensor[])[losses.Inner, losses.Outer])
        {
            // Action 1 was taken everywhere; descent raises its logit.
            double[][] gradients = [.. Gradient.Of(loss, logits).ToDoubles().Chunk(4)];
            Assert.All(gradients, row => Assert.True(row[1] < 0 && row[0] > 0 && row[2] > 0 && row[3] > 0));
        }
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.6)]
    [InlineData(1.0)]
    public void TheFullTargetHasTheResidualGradient(double lambda)
    {
        const double Gamma = 0.9, Weight = 0.5;
        var coefficients = Coefficients() with { Lambda = Number(lambda) };
        foreach (int game in (int[])[0, 1])
        {
            var x = Eventful(game);
            double[] v = x.Values.ToDoubles(), live = x.Live.ToDoubles();
            double[] truncated = x.TruncatedValues!.ToDoubles(), r = x.Rewards.ToDoubles();
            double[] half = new double[4], full = new double[4], beyond = new double[3];

            // Returns, and their derivatives in all values and in those beyond a truncation.
            double g = v[3];
            double[] slopes = [0, 0, 0, 1], slopesBeyond = [0, 0, 0];
            for (int t = 2; t >= 0; t--)
            {
                double factor = Gamma * live[t];
                g = r[t] + (Gamma * truncated[t]) + (factor * (((1 - lambda) * v[t + 1]) + (lambda * g)));
                slopes = [.. slopes.Select((slope, k) => factor * ((lambda * slope) + (k == t + 1 ? 1 - lambda : 0)))];
                slopesBeyond = [.. slopesBeyond.Select((slope, k) => (factor * lambda * slope) + (k == t ? Gamma : 0))];
                double error = Weight * (g - v[t]) / 3;
                half[t] -= error;
                full[t] -= error;
                for (int k = 0; k < 4; k++)
                    full[k] += error * slopes[k];
                for (int k = 0; k < 3; k++)
                    beyond[k] += error * slopesBeyond[k];
            }

            Tensor loss = A2C.Losses(x, coefficients).Inner, residual = A2C.Losses(x, coefficients, s_fullTarget).Inner;
            Assert.Equal(loss.Item(), residual.Item());
            Tensor[] inputs = [x.Values, x.TruncatedValues];
            Close.All(half, Gradient.Of(loss, inputs)[0].ToDoubles(), 1e-14);
            Assert.All(Gradient.Of(loss, inputs)[1].ToDoubles(), value => Assert.Equal(0, value));
            Close.All(full, Gradient.Of(residual, inputs)[0].ToDoubles(), 1e-14);
            Close.All(beyond, Gradient.Of(residual, inputs)[1].ToDoubles(), 1e-14);

            // The policy's gradient is the same, and differences of the critic's loss agree.
            Assert.Equal(Gradient.Of(loss, x.Logits).ToDoubles(), Gradient.Of(residual, x.Logits).ToDoubles());
            GradientCheck.Check(
                y => [A2C.Losses(x with { Values = y[0], TruncatedValues = y[1] }, coefficients, s_fullTarget).Critic], inputs);
        }
    }

    [Fact]
    public void LossesDependOnTheCoefficientsAsDifferencesSay()
    {
        foreach (var options in (A2COptions?[])[null, s_fullTarget])
        {
            GradientCheck.Check(
                x => [A2C.Losses(Eventful(1), new A2CCoefficients(x[0], x[1], x[2], x[3]), options).Inner],
                [Number(0.9), Number(0.8), Number(0.5), Number(0.01)]);
        }
    }

    [Fact]
    public void TheOuterLossUsesOuterValuesWhereThereAreSome()
    {
        var plain = Eventful(1);
        var outer = Tensor.Range(4, ElementType.Float64).Cos();
        var both = plain with { OuterValues = outer, OuterTruncatedValues = plain.TruncatedValues! * 3 };
        var swapped = plain with { Values = outer, TruncatedValues = both.OuterTruncatedValues };
        Assert.Equal(Outer(swapped).Item(), Outer(both).Item());
        Assert.NotEqual(Outer(plain).Item(), Outer(both).Item());
        Assert.All(Gradient.Of(Outer(both), outer).ToDoubles(), value => Assert.Equal(0, value));

        // Without values for truncations they end returns of the outer loss too.
        Assert.Equal(
            Outer(swapped with { TruncatedValues = null }).Item(), Outer(both with { OuterTruncatedValues = null }).Item());
        Assert.NotEqual(Outer(both).Item(), Outer(both with { OuterTruncatedValues = null }).Item());

        // It has its own discount and reach, and no coefficient matters to it.
        Assert.NotEqual(Outer(both).Item(), A2C.Losses(both, Coefficients()).Outer.Item());
        var others = new A2CCoefficients(Number(0.1), Number(0.2), Number(0.3), Number(0.4));
        Assert.Equal(Outer(both).Item(), A2C.Losses(both, others, s_outer).Outer.Item());

        static Tensor Outer(Evaluation x) => A2C.Losses(x, Coefficients(), s_outer).Outer;
    }

    [Fact]
    public void TheOuterCriticLearnsOuterValuesAlone()
    {
        var plain = Eventful(1);
        var outer = Tensor.Range(4, ElementType.Float64).Cos();
        var both = plain with { OuterValues = outer, OuterTruncatedValues = plain.TruncatedValues! * 3 };
        var options = s_outer with { OuterCritic = 0.3 };
        Tensor with = A2C.Losses(both, Coefficients(), options).Inner, without = A2C.Losses(plain, Coefficients(), options).Inner;

        // The same as the critic's loss of values that are those.
        var swapped = plain with { Values = outer, TruncatedValues = both.OuterTruncatedValues };
        var critic = A2C.Losses(swapped, Coefficients() with { Lambda = Number(0.7) }).Critic;
        Assert.Equal(0.3 * critic.Item(), with.Item() - without.Item(), 1e-14);
        Close.All(Gradient.Of(critic * 0.3, outer).ToDoubles(), Gradient.Of(with, outer).ToDoubles(), 1e-14);
        Tensor[] inputs = [plain.Values, plain.Logits];
        foreach (var (expected, actual) in Gradient.Of(without, inputs).Zip(Gradient.Of(with, inputs)))
            Close.All(expected.ToDoubles(), actual.ToDoubles(), 1e-14);

        // Its target is a constant whatever the option says of the other.
        var residual = A2C.Losses(both, Coefficients(), options with { FullTarget = true }).Inner;
        Close.All(Gradient.Of(with, outer).ToDoubles(), Gradient.Of(residual, outer).ToDoubles(), 1e-14);
        Assert.All(Gradient.Of(residual, both.OuterTruncatedValues).ToDoubles(), value => Assert.Equal(0, value));
    }

    [Fact]
    public void ActionsOfAnotherShapeAreNamed()
    {
        var x = Of(Tensor.Zeros([1, 4], ElementType.Float64), Tensor.Zeros([4], ElementType.Float64)) with
        {
            Actions = Tensor.Zeros([1], ElementType.Int32),
        };
        var failure = Assert.Throws<ArgumentException>(() => A2C.Losses(x, Coefficients()));
        Assert.Contains("actions [1] and rewards [3]", failure.Message);
    }

    public void Dispose() => _scope.Dispose();

    private static Evaluation Of(Tensor logits, Tensor values)
        => new(
            logits,
            values,
            Tensor.Full(1, [3], ElementType.Int32),
            Tensor.Zeros([3], ElementType.Float64),
            Tensor.Ones([3], ElementType.Float64));

    // With rewards, an end of an episode, in game 1 a truncation, and nothing that is zero by chance.
    private static Evaluation Eventful(int game)
        => Tree.Map(
            new Evaluation(
                Tensor.Range(24, ElementType.Float64).Sin().Reshape(2, 3, 4),
                Tensor.From([0.5, 2, 1, 0.2, -1, 0.3, -0.7, 1.5], [2, 4]),
                Tensor.From([0, 1, 2, 3, 1, 0], [2, 3]),
                Tensor.From([1.0, -0.5, 0.3, 0, 2, 1], [2, 3]),
                Tensor.From([1.0, 1, 0, 0, 1, 1], [2, 3]))
            {
                TruncatedValues = Tensor.From([0, 0, 0, 0.8, 0, 0], [2, 3]),
            },
            x => x[game]);

    private static A2CCoefficients Coefficients() => new(Number(0.9), Number(0.8), Number(0.5), Number(0.01));

    private static Tensor Number(double value) => Tensor.From([value], []);
}
