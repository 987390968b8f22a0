using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Optim;
using Engine.RL.Experiments;
using Engine.RL.Meta;
using Engine.RL.Training;
using Xunit;

namespace Engine.Tests.RL;

/// <summary>The inner step size as a meta-parameter.</summary>
public class StepSizeLearningTests
{
    private static readonly LearningSettings s_learned = SmallSnake.Settings with { Learn = Enum.GetValues<Hyperparameter>() };

    [Theory]
    [InlineData("1")]
    [InlineData("2-mix")]
    [InlineData("trace-2")]
    public void ALearnedStepSizeMovesAndIsUsed(string method)
    {
        var run = new AgentRun(method, 3, s_learned with { LogEvery = 1 });
        var snapshots = SmallSnake.Snapshots(run);
        using (new TensorScope())
            Assert.NotEqual(0, new SmallSnake.ByHand(run, snapshots[0]).MetaGradient[4].Item());
        double[] rates = SmallSnake.Column(snapshots[^1].Rows, "learning_rate");
        Assert.Equal(0.01, rates[0], 1e-8);
        Assert.Equal(rates.Length, rates.Distinct().Count());
        Assert.All(rates, rate => Assert.InRange(rate, 0.005, 0.02));

        // The first update is made with the step size at the start, and so as if it were a number.
        var fix = SmallSnake.Snapshots(run with { Settings = SmallSnake.Settings with { LogEvery = 1 } });
        Close.All(Parameters(fix[1]), Parameters(snapshots[1]), 1e-6);
        Assert.True(Close.Difference(Parameters(fix[2]), Parameters(snapshots[2])) > 1e-5);

        static double[] Parameters(ExperimentSnapshot snapshot) => SmallSnake.Numbers(snapshot, "Inner.Parameters.");
    }

    // theta' = theta - e^x g: the derivative of the outer loss along x is -e^x g times its gradient at theta'.
    [Fact]
    public void ItsMetaGradientOfOneStepIsThatOfTheChainRule()
    {
        var settings = s_learned with { InnerOptimiser = InnerOptimiser.Sgd, Anneal = false, Clip = 1e6 };
        var run = new AgentRun("1", 3, settings);
        using var scope = new TensorScope();
        var hand = new SmallSnake.ByHand(run, SmallSnake.After(2, run));
        var point = hand.Points[0];
        var after = Tree.Map(point.State.Parameters, parameter => parameter.StopGradient());
        var (judge, _) = hand.Problem.Sample(after, point.State.Sampling, hand.Keys.Fold(1));
        var outer = Gradient.Of(hand.Problem.Losses(after, judge).Outer, after);
        double product = Tree.ToVector(outer).ToDoubles().Zip(Tree.ToVector(point.Gradient).ToDoubles(), (a, b) => a * b).Sum();
        double expected = -hand.Values[4].Item() * product;
        Assert.NotEqual(0, expected);
        Assert.Equal(1, hand.MetaGradient[4].Item() / expected, 1e-4);
    }

    // All that is learned of four meta-parameters is what an optimiser makes of four numbers.
    [Theory]
    [InlineData(Parameterisation.Sigmoid)]
    [InlineData(Parameterisation.Clip)]
    public void AStepSizeThatIsNotLearnedStaysAndChangesNothing(Parameterisation parameterisation)
    {
        var run = new AgentRun("2-mix", 3, SmallSnake.Settings with { Parameterisation = parameterisation, LogEvery = 1 });
        var snapshots = SmallSnake.Snapshots(run);
        var settings = run.Settings;
        Assert.All(snapshots, snapshot => Assert.Equal(Last(snapshots[0]), Last(snapshot)));
        Assert.Single(SmallSnake.Column(snapshots[^1].Rows, "learning_rate").Distinct());
        var optimiser = new Chain(new ClipByGlobalNorm(settings.MetaClip), new Adam(settings.MetaLearningRate));
        using var scope = new TensorScope();
        for (int update = 0; update < 7; update++)
        {
            var hand = new SmallSnake.ByHand(run, snapshots[update]);
            Assert.Equal(0, hand.MetaGradient[4].Item());
            var without = Tree.Map(hand.Learner.MetaOptimiser, x => x.Rank == 1 ? x[..4] : x);
            var (four, state) = optimiser.Update(hand.Learner.Eta[..4], hand.MetaGradient[..4], without);
            if (parameterisation == Parameterisation.Clip)
                four = four.Clamp(0, 1);
            var next = SmallSnake.LearnerOf(run, snapshots[update + 1]);
            Assert.Equal(four.ToStored(), next.Eta[..4].ToStored());
            Assert.Equal(
                Tree.Leaves(state).Select(x => x.ToStored()),
                Tree.Leaves(next.MetaOptimiser).Select(x => (x.Rank == 1 ? x[..4] : x).ToStored()));
            Assert.Equal(
                Tree.Leaves(hand.Points[0].State.Parameters).Select(x => x.ToStored()),
                SmallSnake.Stored(snapshots[update + 1], "Inner.Parameters."));
        }

        static double Last(ExperimentSnapshot snapshot) => SmallSnake.Numbers(snapshot, "Eta")[4];
    }
}
