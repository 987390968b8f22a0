using Engine.Bench;
using Engine.Bench.Output;
using Engine.Core;
using Engine.Kernels;
using Engine.RL.Environments;
using Engine.Tests.Core;
using Xunit;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Tests.Bench;

/// <summary>Tests that watch the processor that all share run when no others do.</summary>
[CollectionDefinition(nameof(AloneOnTheProcessor), DisableParallelization = true)]
public sealed class AloneOnTheProcessor;

/// <summary>
/// A command opens a device of its own. What it computes on another one is on <see cref="Device.Cpu"/>, where tensors are made if
/// nobody says where.
/// </summary>
[Collection(nameof(AloneOnTheProcessor))]
public sealed class DeviceOptionTests : IClassFixture<DeviceOptionTests.Trained>
{
    private static readonly string[][] s_commands =
    [
        ["mrp", "--iterations", "2", "--seeds", "1", "--monte-carlo", "2", "--batch", "2", "--look-ahead", "1,2-mix,trace-2", "--quiet"],
        [
            "bias-variance", "--iterations", "2", "--points", "1", "--replicates", "4", "--seeds", "1", "--batch", "2", "--look-ahead", "1",
            "--oracle", "2", "--quiet",
        ],
        [
            "snake", "--grid", "4", "--method", "2-mix", "--frames", "32", "--envs", "2", "--rollout", "4", "--points", "1", "--step-limit",
            "40", "--quiet",
        ],
        [
            "train", "--env", "catch", "--method", "2-mix", "--differentiation", "forward", "--learn", "gamma,learning-rate", "--frames",
            "32", "--envs", "2", "--rollout", "4", "--points", "0", "--quiet",
        ],
        [
            "train", "--env", "cartpole", "--method", "trace-2", "--outer-value-head", "true", "--parameterisation", "clip", "--frames",
            "32", "--envs", "2", "--rollout", "4", "--points", "0", "--quiet",
        ],
        [
            "train", "--env", "maze", "--method", "1", "--memory", "mixed", "--frames", "32", "--envs", "2", "--rollout", "4", "--points",
            "0", "--quiet",
        ],
        [
            "table1", "--grid", "4", "--methods", "0,1", "--seeds", "1", "--frames", "16", "--envs", "2", "--rollout", "4", "--points", "1",
            "--replicates", "2", "--step-limit", "40", "--quiet",
        ],
        ["variance", "RUN", "--methods", "1", "--points", "1", "--replicates", "2", "--oracle", "2", "--quiet"],
        [
            "frontier", "--iterations", "2", "--points", "1", "--replicates", "4", "--measured", "2", "--seeds", "1", "--batch", "2",
            "--most", "2", "--oracle", "2", "--quiet",
        ],
        ["frontier", "RUN", "--points", "1", "--replicates", "3", "--most", "2", "--oracle", "2", "--quiet"],
        [
            "hessian", "--iterations", "2", "--points", "1", "--replicates", "4", "--sources", "2", "--seeds", "1", "--batch", "2",
            "--steps", "2", "--lanczos", "3", "--quiet",
        ],
        ["hessian", "RUN", "--points", "1", "--replicates", "2", "--steps", "2", "--lanczos", "3", "--sources", "2", "--quiet"],
        ["evaluate", "RUN", "--episodes", "2", "--quiet"],
        ["play", "RUN"],
        ["check"],
        ["workloads", "--only", "snake-act-n32", "--repeats", "1"],
        ["scaling", "--grid", "4", "--max", "1", "--only", "n,replicates", "--repeats", "1", "--warm-up", "0", "--quiet"],
        ["memory", "--steps", "1", "--modes", "mixed", "--plan"],
        ["compare", "--only", "snake-steps-n1024,MatMul", "--repeats", "1", "--limit", "5", "--quiet"],
        ["micro", "--job", "dry", "--filter", "Scan", "Random", "Index", "snake-act", "--quiet"],
    ];

    private static readonly string[] s_withoutDevice = ["devices", "completion", "plot", "export", "report", "sweep"];

    private readonly Trained _trained;

    public DeviceOptionTests(Trained trained) => _trained = trained;

    public static TheoryData<int> Numbers => [.. Enumerable.Range(0, s_commands.Length)];

    [Theory]
    [MemberData(nameof(Numbers))]
    public void NothingIsComputedElsewhere(int number)
    {
        string[] command = [.. s_commands[number].Select(word => word == "RUN" ? _trained.Folder : word)];
        bool writes = Program.Commands.Single(each => each.Name == command[0]).Options.Any(option => option.Name == "--out");
        string[] output = writes ? ["--out", _trained.Temporary.At($"out-{number}")] : [];
        using var watch = new Watch();
        var (code, _, error) = ProgramTests.Run([.. command, .. output, "--threads", "1"]);
        Assert.True(code == ExitCodes.Ok, error);
        Assert.False(watch.SawUse, $"engine {command[0]} computes on Device.Cpu, not on its own device.");
    }

    [Fact]
    public void EveryCommandThatTakesADeviceIsAmongThese()
        => Assert.Equal(
            s_commands.Select(command => command[0]).Concat(s_withoutDevice).Distinct().Order(),
            Program.Commands.Select(command => command.Name).Order());

    [Fact]
    public void EveryEnvironmentIsAmongThese()
        => Assert.Equal(
            EnvironmentKind.All.Select(kind => kind.Name).Order(),
            s_commands.Where(command => command[0] == "train").Select(command => command[2]).Append("snake").Order());

    [Fact]
    public void EveryCommandThatComputesTakesADevice()
        => Assert.All(
            Program.Commands.Where(command => !s_withoutDevice.Contains(command.Name)),
            command => Assert.Contains(command.Options, option => option.Name is "--device" or "--devices"));

    [Fact]
    public void OneTensorElsewhereIsSeen()
    {
        using var device = Device.Open("cpu", 1);
        using var watch = new Watch();
        Tensor.From([1f], [1], device).Dispose();
        Assert.False(watch.SawUse);
        Tensor.From([1f], [1]).Dispose();
        Assert.True(watch.SawUse);
    }

    /// <summary>An agent that has hardly learned.</summary>
    public sealed class Trained : IDisposable
    {
        public Trained()
        {
            Folder = Temporary.At("run");
            var (code, _, error) = ProgramTests.Run(
                "snake", "--grid", "4", "--method", "0", "--frames", "16", "--envs", "2", "--rollout", "4", "--points", "1",
                "--step-limit", "40", "--out", Folder, "--quiet");
            Assert.True(code == ExitCodes.Ok, error);
        }

        public string Folder { get; }

        internal TemporaryFolder Temporary { get; } = new();

        public void Dispose() => Temporary.Dispose();
    }

    // Takes as much from the shared pool as anyone had at any time: whatever is taken on top of that raises the peak.
    private sealed class Watch : IDisposable
    {
        private readonly Buffer _filler;
        private readonly long _peak;

        public Watch()
        {
            var pool = Device.Cpu.Pool;
            _filler = Device.Cpu.Allocate(pool.PeakBytes - pool.LiveBytes);
            _peak = pool.PeakBytes;
            Assert.Equal(_peak, pool.LiveBytes);
        }

        public bool SawUse => Device.Cpu.Pool.PeakBytes > _peak;

        public void Dispose() => Device.Cpu.Free(_filler);
    }
}
