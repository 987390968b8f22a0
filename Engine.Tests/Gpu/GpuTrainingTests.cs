using System.Globalization;
using Engine.Bench.Output;
using Engine.Bench.Runs;
using Engine.RL.Training;
using Engine.Tests.Bench;
using Engine.Tests.Core;
using Engine.Tests.RL;
using Xunit;

namespace Engine.Tests.Gpu;

/// <summary>Agents that have one inner loop learn as one batch on a GPU: as they do one by one on the processor.</summary>
[Collection(nameof(GpuCollection))]
public sealed class GpuTrainingTests : IDisposable
{
    private const string Games = "--env catch --grid 4x3 --envs 2 --rollout 3";

    private readonly TemporaryFolder _temporary = new();

    // Not the emulator, which is too slow for this.
    public static TheoryData<string, string> Runs
        =>
        [
            .. from device in TestDevices.ForUpdates.Select(row => row.Data)
               where device != "cpu"
               from memory in (string[])["plain", "mixed"]
               select (device, memory),
        ];

    public static TheoryData<string> Devices => [.. TestDevices.ForUpdates.Select(row => row.Data).Where(device => device != "cpu")];

    public void Dispose() => _temporary.Dispose();

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Runs))]
    public void SeedsLearnTogetherAsOneByOneAndGoOnFromWhereEachIs(string device, string memory)
    {
        string train = $"train {Games} --frames 24 --log-every 2 --method 2-mix --seeds 2 --points 1 --quiet";
        Run($"{train} --out {_temporary.At("cpu")}");
        Run($"{train} --memory {memory} --device {device} --out {_temporary.At("gpu")}");
        double[][] actual = AlikeMetrics(4);

        // One seed has come less far than the other: no batch is made of them.
        string behind = _temporary.At("gpu/2-mix-1");
        File.Copy(Path.Combine(behind, "point-0000.safetensors"), Path.Combine(behind, "checkpoint.safetensors"), overwrite: true);
        Run($"train --device {device} --resume --quiet --out {_temporary.At("gpu")}");
        Assert.Equal(actual, Metrics("gpu"));
    }

    // Several inner loops at once, and two methods of one of them in a batch.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Devices))]
    public void MethodsLearnTogetherAsOneByOne(string device)
    {
        const string Methods = "1,2,2-mix,trace-2-mix,reuse-2,back-2,back-trace-2";
        string table = $"table1 {Games} --frames 24 --log-every 2 --methods {Methods} --seeds 2 --points 1 --replicates 2 --quiet";
        Run($"{table} --out {_temporary.At("cpu")}");
        Run($"{table} --device {device} --out {_temporary.At("gpu")}");
        AlikeMetrics(28);
    }

    [Theory]
    [InlineData("--memory plain", true)]
    [InlineData("--memory mixed", false)]
    [InlineData("--differentiation forward", false)]
    public void WhereMemoryIsOutTheRemedyIsNamed(string options, bool isNamed)
    {
        SoftCuda.Require();
        try
        {
            SoftCuda.Fail("cuMemAlloc_v2", SoftCuda.OutOfMemory, int.MaxValue);
            var (code, _, error) = TrainedFolder.Try(
                $"train --env catch --envs 2 --frames 40 --method 2 {options} --device cuda:0 --quiet --out {_temporary.At("a")}");
            Assert.Equal(ExitCodes.UserError, code);
            Assert.StartsWith("There is not enough memory for a run of this size. ", error);
            Assert.Equal(isNamed, error.TrimEnd().EndsWith(" Begun anew with --memory mixed, it takes less.", StringComparison.Ordinal));
        }
        finally
        {
            SoftCuda.Fail("cuMemAlloc_v2", 0, 0);
        }
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(TestDevices.ForUpdates), MemberType = typeof(TestDevices))]
    public void SeedsThatLearnTogetherNeedMemoryTogether(string name)
    {
        var device = TestDevices.Open(name);
        AgentRun[] runs = [.. Enumerable.Range(0, 4).Select(seed => new AgentRun("2", seed, SmallSnake.Settings))];
        AgentRun[] together = device.PrefersWholeBatches ? runs : runs[..1];
        Assert.Equal(new AgentTraining(together, device).Plan() / 4 * 5, AgentRuns.Plan(runs, device, 1, 1));
    }

    // Those of the GPU, which are those of the processor up to the order of sums.
    private double[][] AlikeMetrics(int rows)
    {
        double[][] expected = Metrics("cpu"), actual = Metrics("gpu");
        Assert.Equal(rows, expected.Length);
        Assert.Equal(rows, actual.Length);
        foreach (var (one, other) in expected.Zip(actual))
            Assert.All(one.Zip(other), pair => Assert.Equal(pair.First, pair.Second, 1e-4 * (1 + Math.Abs(pair.First))));
        return actual;
    }

    private static void Run(string line)
    {
        var (code, _, error) = ProgramTests.Run(line.Split(' '));
        Assert.True(code == ExitCodes.Ok, error);
    }

    // But for the method's name and the pace.
    private double[][] Metrics(string folder)
        =>
        [
            .. File.ReadAllLines(_temporary.At($"{folder}/metrics.csv"))[1..].Select(
                line => line.Split(',')[1..^1].Select(cell => double.Parse(cell, CultureInfo.InvariantCulture)).ToArray()),
        ];
}
