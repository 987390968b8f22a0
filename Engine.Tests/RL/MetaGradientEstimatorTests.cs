using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Optim;
using Engine.Kernels.Cpu;
using Engine.RL;
using Engine.RL.Environments;
using Engine.RL.Experiments;
using Engine.RL.Meta;
using Xunit;

namespace Engine.Tests.RL;

public class MetaGradientEstimatorTests
{
    private const int Replicates = 11;
    private static readonly string[] s_methods = ["1", "3", "3-mix", "trace-2"];
    private static readonly ValuePrediction s_task = new(new Adam(0.01, EpsilonRoot: 1e-8), Batch: 5);

    [Fact]
    public void MeansAreThoseOfReplicates()
    {
        float[][] each = Run(perReplicate: true), means = Run(perReplicate: false);
        for (int method = 0; method < s_methods.Length; method++)
        {
            double[] expected = [.. each[method].Index()
                .GroupBy(x => (x.Index / MarkovRewardProcess.States / Replicates, x.Index % MarkovRewardProcess.States))
                .OrderBy(group => group.Key).Select(group => group.Average(x => (double)x.Item))];
            Close.All(expected, [.. means[method].Select(x => (double)x)], 1e-5);
        }
    }

    // Of the same keys as the estimator's.
    [Fact]
    public void AReplicateIsTheMetaGradientOfItsKey()
    {
        using var device = new CpuDevice(1);
        using var scope = new TensorScope();
        float[] all = Run(perReplicate: true)[1];
        var learner = Learners(1, 1, device);
        var keys = SeedKeys.Replicates(SeedKeys.Update(1, 4, device), Replicates);
        for (int replicate = 0; replicate < Replicates; replicate++)
        {
            var one = Tree.Map(learner, x => x[0]);
            var loss = Losses(one, keys[replicate], [MetaGradientMethod.Parse("3")])[0];
            int start = (Replicates + replicate) * MarkovRewardProcess.States;
            double[] expected = Gradient.Of(loss, one.Eta).ToDoubles();
            Close.All(expected, [.. all[start..(start + MarkovRewardProcess.States)].Select(x => (double)x)], 1e-5);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void MetaGradientsDoNotDependOnTheNumberOfThreads(bool perReplicate)
    {
        float[][] expected = Run(perReplicate);
        foreach (int threads in (int[])[2, 3])
            Equal(expected, Run(perReplicate, threads: threads));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void MetaGradientsOfASeedDoNotDependOnOtherSeeds(bool perReplicate)
    {
        float[][] all = Run(perReplicate, seed: 0, seeds: 5), alone = Run(perReplicate, seed: 3, seeds: 1);
        for (int method = 0; method < s_methods.Length; method++)
        {
            int length = alone[method].Length;
            Assert.Equal(all[method][(3 * length)..(4 * length)], alone[method]);
        }
    }

    [Fact]
    public void MetaGradientsOfReplicatesDoNotDependOnOtherReplicatesOrMethods()
    {
        float[][] all = Run(perReplicate: true);
        float[][] some = Run(perReplicate: true, seeds: 1, replicates: 5, firstReplicate: 2, methods: ["3-mix"]);
        Assert.Equal(all[2][20..70], some[0]);
    }

    [Fact]
    public void RepeatedRunsGiveTheSame() => Equal(Run(perReplicate: false), Run(perReplicate: false, runs: 4));

    [Fact]
    public void MetaGradientsDifferBetweenReplicatesAndSeeds()
    {
        float[] rows = Run(perReplicate: true)[1];
        Assert.Equal(2 * Replicates, rows.Chunk(MarkovRewardProcess.States).Select(row => row[1]).Distinct().Count());
    }

    private static void Equal(float[][] expected, float[][] actual)
    {
        foreach (var (e, a) in expected.Zip(actual))
            Assert.Equal(e, a);
    }

    private static float[][] Run(
        bool perReplicate,
        int threads = 1,
        int seed = 0,
        int seeds = 2,
        int replicates = Replicates,
        int firstReplicate = 0,
        int runs = 1,
        string[]? methods = null)
    {
        using var device = new CpuDevice(threads);
        using var scope = new TensorScope();
        MetaGradientMethod[] parsed = [.. (methods ?? s_methods).Select(MetaGradientMethod.Parse)];
        using var estimator = new MetaGradientEstimator<Learner>(
            (learner, key) => Losses(learner, key, parsed), learner => learner.Eta, perReplicate, device);
        Assert.Equal(perReplicate, estimator.IsPerReplicate);
        var updates = SeedKeys.Several(seed, seeds, each => SeedKeys.Update(each, 4, device));
        var keys = SeedKeys.Replicates(updates, replicates, firstReplicate);
        Tensor[] results = [];
        for (int run = 0; run < runs; run++)
            results = estimator.Run(Learners(seed, seeds, device), keys);
        return [.. results.Select(result => result.ToArray<float>())];
    }

    private static Learner Learners(int seed, int seeds, CpuDevice device)
        => Batch.Map(
            key =>
            {
                var parameters = s_task.Initial(key);
                return new Learner(
                    Tensor.Full(0.2, [MarkovRewardProcess.States], device: device), parameters, s_task.Optimiser.Initial(parameters));
            },
            SeedKeys.Several(seed, seeds, each => SeedKeys.Weights(each, device)));

    private static Tensor[] Losses(Learner learner, Key key, MetaGradientMethod[] methods)
        => MetaGradientMethod.Losses(
            methods,
            method =>
            {
                var start = new InnerState<Tensor, ValueTuple>(learner.Parameters, learner.State, default);
                var options = new UnrollOptions(method.Kind == MetaGradientKind.Trace ? 0.9 : null);
                return
                [
                    .. InnerLoop.Unroll(s_task.With(learner.Eta.Sigmoid()), start, key, method.Steps, options)
                        .Select(point => point.OuterLoss),
                ];
            },
            null);

    private sealed record Learner(Tensor Eta, Tensor Parameters, OptimiserState<Tensor> State);
}
