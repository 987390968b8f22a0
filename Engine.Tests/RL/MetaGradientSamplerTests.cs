using Engine.Core;
using Engine.Kernels.Cpu;
using Engine.RL.Experiments;
using Engine.RL.Meta;
using Engine.RL.Training;
using Xunit;

namespace Engine.Tests.RL;

public class MetaGradientSamplerTests
{
    private const int Count = 5;

    private static readonly string[] s_methods = ["1", "2", "2-mix", "trace-2", "trace-1"];
    private static readonly AgentRun s_run = new("1", 2, SmallSnake.Settings with { Kappa = 0.75 });
    private static readonly ExperimentSnapshot s_point = SmallSnake.After(3, s_run);

    [Fact]
    public void AReplicateIsAMetaGradientWithItsOwnRandomNumbers()
    {
        float[][] samples = Sample(s_methods, 3);
        Assert.Equal(s_methods.Length, samples.Length);
        using var scope = new TensorScope();
        foreach (var (number, method) in s_methods.Index())
        {
            Assert.Equal(3 * Count, samples[number].Length);
            for (int replicate = 0; replicate < 3; replicate++)
            {
                // Replicate 0 is training's.
                double[] expected = ByHand(method, 1 + replicate).MetaGradient.ToDoubles();
                double[] actual = [.. samples[number][(Count * replicate)..(Count * (replicate + 1))].Select(value => (double)value)];
                Close.All(expected, actual, 1e-5);
            }
        }
    }

    [Fact]
    public void ReplicatesDoNotDependOnThreadsOrOnHowManyThereAre()
    {
        float[][] expected = Sample(s_methods, 5);
        foreach (var (threads, replicates) in (ReadOnlySpan<(int, int)>)[(2, 5), (3, 2), (1, 1)])
        {
            float[][] some = Sample(s_methods, replicates, threads);
            Assert.Equal(expected.Select(samples => samples[..(Count * replicates)]), some);
        }

        Assert.Equal(5, expected[0].Chunk(Count).Select(gradient => gradient[0]).Distinct().Count());
    }

    [Fact]
    public void AMethodDoesNotDependOnTheOthers()
    {
        float[][] all = Sample(s_methods, 2);
        foreach (var (number, method) in s_methods.Index())
            Assert.Equal(all[number], Sample([method], 2)[0]);

        // A loop of one step has no update before it whose derivative a trace could replace.
        AssertClose(all[0], all[4]);
        Assert.NotEqual(all[1], all[3]);

        static void AssertClose(float[] expected, float[] actual)
            => Close.All([.. expected.Select(x => (double)x)], [.. actual.Select(x => (double)x)], 1e-5);
    }

    [Fact]
    public void ASamplerServesAllPointsOfTraining()
    {
        using var device = new CpuDevice(2);
        var points = SmallSnake.Snapshots(s_run);
        using var sampler = new MetaGradientSampler(SmallSnake.UpdateOf(s_run), [MetaGradientMethod.Parse("2")], device);
        var seen = new List<float[]>();
        foreach (int update in (int[])[0, 1, 2, 5, 0])
        {
            using var scope = new TensorScope();
            var agent = SmallSnake.LearnerOf(s_run, points[update], device);
            seen.Add(sampler.Sample(agent, s_run.Seed, update, 2)[0].Values);
            Close.All(
                new SmallSnake.ByHand(s_run with { Method = "2" }, points[update], replicate: 1).MetaGradient.ToDoubles(),
                [.. seen[^1][..Count].Select(value => (double)value)],
                1e-5);
        }

        Assert.Equal(seen[0], seen[^1]);
    }

    [Theory]
    [InlineData("2-mix")]
    [InlineData("trace-2")]
    [InlineData("1")]
    public void DeviationsOfTrainingAreThoseOfReplicatesMadeByHand(string method)
    {
        var run = new AgentRun(method, 2, SmallSnake.Settings with { Frames = 36 }, Points: 1, Replicates: 3);
        var snapshots = SmallSnake.Snapshots(run);
        var deviation = SmallSnake.Train(run).Deviations.Single();
        Assert.Equal(1, deviation.Update);
        using var scope = new TensorScope();
        Close.All(Deviations(method), deviation.Std, 1e-4);
        Close.All(Deviations("1"), deviation.OneStep, 1e-4);
        Assert.All(deviation.Std[..4], value => Assert.True(value > 0));

        // The step size is not learned.
        Assert.Equal((0.0, 0.0), (deviation.Std[4], deviation.OneStep[4]));
        Assert.Equal(method == "1", deviation.Std.SequenceEqual(deviation.OneStep));

        double[] Deviations(string name)
        {
            double[][] gradients =
            [
                .. from replicate in (int[])[1, 2, 3]
                   let hand = new SmallSnake.ByHand(run with { Method = name }, snapshots[1], replicate)
                   select hand.MetaGradient.ToDoubles(),
            ];
            return [.. Enumerable.Range(0, Count).Select(component => Deviation([.. gradients.Select(gradient => gradient[component])]))];
        }

        static double Deviation(double[] values)
            => Math.Sqrt((values.Sum(x => x * x) - (values.Sum() * values.Sum() / values.Length)) / (values.Length - 1));
    }

    private static SmallSnake.ByHand ByHand(string method, int replicate)
        => new(s_run with { Method = method }, s_point, replicate);

    private static float[][] Sample(string[] methods, int replicates, int threads = 1)
    {
        using var device = new CpuDevice(threads);
        using var scope = new TensorScope();
        using var sampler = new MetaGradientSampler(SmallSnake.UpdateOf(s_run), [.. methods.Select(MetaGradientMethod.Parse)], device);
        var samples = sampler.Sample(SmallSnake.LearnerOf(s_run, s_point, device), s_run.Seed, s_point.Iteration, replicates);
        Assert.All(samples, each => Assert.Equal(Count, each.Count));
        return [.. samples.Select(each => each.Values)];
    }
}
