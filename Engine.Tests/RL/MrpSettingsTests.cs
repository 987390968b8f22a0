using Engine.Kernels;
using Engine.RL.Experiments;
using Engine.RL.Meta;
using Xunit;
using static System.FormattableString;

namespace Engine.Tests.RL;

public class MrpSettingsTests
{
    [Fact]
    public void DefaultsAreThePapers()
    {
        var four = new DiscountLearningSettings();
        var five = new BiasVarianceSettings();
        four.Validate();
        five.Validate();
        Assert.Equal(["1", "5", "10", "5-mix"], four.LookAhead);
        Assert.Equal((256, 5, 5000, 32), (four.MonteCarlo, four.Seeds, four.Iterations, four.Batch));
        Assert.Equal((1e-3, 2e-3, 0.5, 1e-8), (four.LearningRate, four.MetaLearningRate, four.GammaStart, four.EpsilonRoot));
        Assert.Equal([1, 2, 3, 5, 10, 20], five.LookAhead);
        Assert.Equal((20, 2048, 40), (five.Points, five.Replicates, five.Oracle));
        Assert.Equal(
            ["1", "2", "3", "5", "10", "20", "2-mix", "3-mix", "5-mix", "10-mix", "20-mix"],
            BiasVariance.Methods(five).Select(method => method.Name));
    }

    [Fact]
    public void SettingsOutOfRangeAreNamedWithTheirValueAndWhatWouldDo()
    {
        var four = new DiscountLearningSettings();
        var five = new BiasVarianceSettings();
        foreach (MrpSettings some in (MrpSettings[])[four, five])
        {
            Refused(some with { Seed = -1 }, "seed is -1, but must be at least 0.");
            Refused(some with { Seed = int.MaxValue, Seeds = 2 }, "seed is 2147483647, but must be at most 2147483646 with 2 seeds.");
            Refused(some with { Seeds = 0 }, "seeds is 0, but must be between 1 and 10000.");
            Refused(some with { Iterations = 0 }, "iterations is 0, but must be at least 1.");
            Refused(some with { Batch = 0 }, "batch is 0, but must be between 1 and 1048576.");
            Refused(some with { LearningRate = 0 }, "learning-rate is 0, but must be above 0.");
            Refused(some with { LearningRate = -0.5 }, "learning-rate is -0.5, but must be above 0.");
            Refused(some with { LearningRate = double.NaN }, "learning-rate is NaN, but must be finite and above 0.");
            Refused(some with { MetaLearningRate = 1 / 0.0 }, "meta-learning-rate is Infinity, but must be finite and above 0.");
            foreach (double gamma in (double[])[0, 1, -0.25, 2, double.NaN])
            {
                Refused(
                    some with { GammaStart = gamma }, Invariant($"gamma-start is {gamma}, but must be between 0 and 1, both excluded."));
            }

            foreach (double outside in (double[])[-0.5, 1.5, double.NaN])
            {
                Refused(some with { Kappa = outside }, Invariant($"kappa is {outside}, but must be between 0 and 1."));
                Refused(some with { TraceDecay = outside }, Invariant($"trace-decay is {outside}, but must be between 0 and 1."));
            }

            Refused(some with { EpsilonRoot = -1 }, "epsilon-root is -1, but must be at least 0.");
            Refused(some with { EpsilonRoot = double.NaN }, "epsilon-root is NaN, but must be finite and at least 0.");
            (some with { Kappa = 0, EpsilonRoot = 0 }).Validate();
            (some with { Kappa = 1 }).Validate();
        }

        Refused(four with { LookAhead = [] }, "look-ahead is empty, but must be a list such as 1,3,3-mix.");
        Refused(four with { LookAhead = ["1", "5", "1"] }, "look-ahead is 1,5,1, but must be a list in which nothing stands twice.");
        Refused(
            four with { LookAhead = ["5-mixed"] },
            $"Method '5-mixed' is unknown: write {MetaGradientMethod.AllForms}.");
        Refused(four with { MonteCarlo = 0 }, "monte-carlo is 0, but must be at least 1.");
        Refused(four with { LogEvery = 0 }, "log-every is 0, but must be at least 1.");

        Refused(five with { LookAhead = [] }, "look-ahead is empty, but must be a list of numbers such as 1,2,3,5,10,20.");
        Refused(five with { LookAhead = [0, 1] }, "look-ahead is 0,1, but must be a list of numbers of at least 1.");
        Refused(five with { LookAhead = [1, 5, 5] }, "look-ahead is 1,5,5, but must be a list in which nothing stands twice.");
        Refused(five with { Points = 0 }, "points is 0, but must be at least 1.");
        Refused(five with { Points = 9, Iterations = 8 }, "points is 9, but must be at most the number of iterations, 8.");
        Refused(five with { Replicates = 1 }, "replicates is 1, but must be at least 2.");
        Refused(
            five with { Others = ["3"] },
            "others is 3, but must be trace-5, trace-5-mix, reuse-5, bmg-5, back-5 or back-trace-5; look-ahead names the rest.");
        Refused(five with { Others = ["back-2", "back-2"] }, "others is back-2,back-2, but must be a list in which nothing stands twice.");
        Refused(five with { History = 0 }, "history is 0, but must be between 1 and 1000.");
        Refused(five with { Oracle = 19 }, "oracle is 19, but must be at least the largest number of inner steps, 20.");
    }

    [Fact]
    public void ExperimentsRefuseSettingsOutOfRange()
    {
        var discounts = new DiscountLearning(new DiscountLearningSettings { Batch = 0 }, Device.Cpu);
        Assert.Throws<ArgumentException>(() => discounts.Run(new SilentObserver()));
        var bias = new BiasVariance(new BiasVarianceSettings { Batch = 0 }, Device.Cpu);
        Assert.Throws<ArgumentException>(() => bias.Run(new SilentObserver()));
    }

    private static void Refused(MrpSettings settings, string message)
        => Assert.Equal(message, Assert.Throws<ArgumentException>(settings.Validate).Message);
}
