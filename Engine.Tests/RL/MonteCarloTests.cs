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
    public void SumsOverBlocksAreSumsOfReplicates()
    {
        float[][] each = Run(perReplicate: true, block: 4), sums = Run(perReplicate: false, block: 4);
        for (int method = 0; method < s_methods.Length; method++)
        {
            // Two seeds with blocks of 4, 4 and 3 replicates.
            Assert.Equal(2 * 3 * MarkovRewardProcess.States, sums[method].Length);
            Close.All(Summed(each[method], Replicates), Summed(sums[method], 3), 1e-5);
        }

        static double[] Summed(float[] rows, int rowsOfSeed) =>
        [
            .. rows.Index().GroupBy(x => (x.Index / MarkovRewardProcess.States / rowsOfSeed, x.Index % MarkovRewardProcess.States))
                .OrderBy(group => group.Key).Select(group => group.Sum(x => (double)x.Item)),
        ];
    }

    [Fact]
    public void MetaGradientsOfReplicatesDoNotDependOnTheSizeOfBlocks()
    {
        float[][] expected = Run(perReplicate: true, block: 4);
        foreach (int block in (int[])[1, 3, 11, 64])
            Equal(expected, Run(perReplicate: true, block));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void MetaGradientsDoNotDependOnTheNumberOfThreads(bool perReplicate)
    {
        float[][] expected = Run(perReplicate, block: 2);
        foreach (int threads in (int[])[2, 3])
            Equal(expected, Run(perReplicate, block: 2, threads: threads));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void MetaGradientsOfASeedDoNotDependOnOtherSeeds(bool perReplicate)
    {
        float[][] all = Run(perReplicate, block: 4, seed: 0, seeds: 5), alone = Run(perReplicate, block: 4, seed: 3, seeds: 1);
        for (int method = 0; method < s_methods.Length; method++)
        {
            int length = alone[method].Length;
            Assert.Equal(all[method][(3 * length)..(4 * length)], alone[method]);
        }
    }

    [Fact]
    public void MetaGradientsOfReplicatesDoNotDependOnOtherReplicatesOrMethods()
    {
        float[][] all = Run(perReplicate: true, block: 4);
        float[][] some = Run(perReplicate: true, block: 4, seeds: 1, replicates: 5, firstReplicate: 2, methods: ["3-mix"]);
        Assert.Equal(all[2][20..70], some[0]);
    }

    [Fact]
    public void RepeatedRunsGiveTheSame() => Equal(Run(perReplicate: false, block: 4), Run(perReplicate: false, block: 4, runs: 4));

    [Fact]
    public void MetaGradientsDifferBetweenReplicatesAndSeeds()
    {
        float[] rows = Run(perReplicate: true, block: 4)[1];
        Assert.Equal(2 * Replicates, rows.Chunk(MarkovRewardProcess.States).Select(row => row[1]).Distinct().Count());
    }

    private static void Equal(float[][] expected, float[][] actual)
    {
        foreach (var (e, a) in expected.Zip(actual))
            Assert.Equal(e, a);
    }

    private static float[][] Run(
        bool perReplicate,
        int block,
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
        using var estimator = new MonteCarlo(task, Parameterisation.Sigmoid, optimiser, parsed, null, 0.9, perReplicate, block, device);
        var updates = SeedKeys.Several(seed, seeds, each => SeedKeys.Update(each, 4, device));
        var keys = SeedKeys.Replicates(updates, replicates, firstReplicate);
        var parameters = task.Initialise(SeedKeys.Several(seed, seeds, each => SeedKeys.Weights(each, device)));
        var raw = Tensor.Full(0.2, [seeds, MarkovRewardProcess.States], device: device);
        Tensor[] results = [];
        for (int run = 0; run < runs; run++)
            results = estimator.Run(raw, parameters, optimiser.Initial(parameters), keys);
        return [.. results.Select(result => result.ToArray<float>())];
    }
}
