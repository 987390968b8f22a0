using Engine.Core;
using Engine.Core.Nn;
using Engine.Core.Optim;
using Engine.Kernels.Cpu;
using Engine.RL;
using Engine.RL.Environments;
using Engine.RL.Experiments;
using Engine.RL.Meta;
using Xunit;

namespace Engine.Tests.RL;

public class MonteCarloTests
{
    private const int Replicates = 11;
    private static readonly string[] s_methods = ["1", "3", "3-mix", "trace-2"];

    [Fact]
    public void SumsAreThoseOfReplicates()
    {
        float[][] each = Run(perReplicate: true), sums = Run(perReplicate: false);
        for (int method = 0; method < s_methods.Length; method++)
        {
            double[] expected = [.. each[method].Index()
                .GroupBy(x => (x.Index / MarkovRewardProcess.States / Replicates, x.Index % MarkovRewardProcess.States))
                .OrderBy(group => group.Key).Select(group => group.Sum(x => (double)x.Item))];
            Close.All(expected, [.. sums[method].Select(x => (double)x)], 1e-5);
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
        var task = new ValuePrediction(new Mlp([1, 10, 10, 1]), Batch: 5);
        var optimiser = new Adam(0.01, EpsilonRoot: 1e-8);
        MetaGradientMethod[] parsed = [.. (methods ?? s_methods).Select(MetaGradientMethod.Parse)];
        using var estimator = new MonteCarlo(task, Parameterisation.Sigmoid, optimiser, parsed, null, 0.9, perReplicate, device);
        var updates = SeedKeys.Several(seed, seeds, each => SeedKeys.Update(each, 4, device));
        var parameters = task.Initialise(SeedKeys.Several(seed, seeds, each => SeedKeys.Weights(each, device)));
        var raw = Tensor.Full(0.2, [seeds, MarkovRewardProcess.States], device: device);
        Tensor[] results = [];
        for (int run = 0; run < runs; run++)
            results = estimator.Run(raw, parameters, optimiser.Initial(parameters), updates, replicates, firstReplicate);
        return [.. results.Select(result => result.ToArray<float>())];
    }
}
