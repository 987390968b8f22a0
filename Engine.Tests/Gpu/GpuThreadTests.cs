using Engine.Core;
using Engine.Kernels;
using Engine.Kernels.Gpu;
using Xunit;

namespace Engine.Tests.Gpu;

/// <summary>Several threads on one device, and several devices.</summary>
[Collection(nameof(GpuCollection))]
public class GpuThreadTests
{
    private const int Threads = 4;

    private static readonly TimeSpan s_soon = TimeSpan.FromMinutes(2);

    public static TheoryData<string> Names => TestDevices.ForKernels;

    private static int Rounds(string name) => name == "emulator" ? 2 : 20;

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Names))]
    public void ThreadsOnOneDeviceGetTheirOwnResults(string name)
    {
        var device = TestDevices.Open(name);
        Together(Threads, thread =>
        {
            for (int round = 0; round < Rounds(name); round++)
                Assert.Equal(Expected(thread, round), Computed(device, thread, round));
        });
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Names))]
    public void DevicesAtOnceGetTheirOwnResults(string name)
    {
        Together(Threads, thread =>
        {
            using var device = Device.Open(name);
            for (int round = 0; round < Rounds(name); round++)
                Assert.Equal(Expected(thread, round), Computed(device, thread, round));
        });
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Names))]
    public void ForksAtOnceGetTheirOwnResults(string name)
    {
        var device = Device.Open(name);
        var first = device.Fork();
        device.Dispose();
        Together(Threads, thread =>
        {
            using var fork = first.Fork();
            for (int round = 0; round < Rounds(name); round++)
                Assert.Equal(Expected(thread, round), Computed(fork, thread, round));
            Assert.Equal(0, fork.Pool.LiveBlocks);
        });
        Assert.Equal(Expected(1, 1), Computed(first, 1, 1));
        first.Dispose();
        first.Dispose();
    }

    [Fact]
    public void ForksOfTheProcessorShareItsThreadsOut()
    {
        using var device = Device.Open("cpu", 4);
        using var same = device.Fork();
        using var half = device.Fork(2);
        Assert.Equal((4, 2), (same.Concurrency, half.Concurrency));
        Assert.Equal(Expected(1, 1), Computed(half, 1, 1));
    }

    // One thread's program is captured while others compute on the same device, and read results: neither takes up the other's commands.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Names))]
    public void ACaptureBesideOtherThreadsTakesUpItsOwnCommandsAlone(string name)
    {
        using var device = Device.Open(name);
        Together(Threads, thread =>
        {
            for (int round = 0; round < Rounds(name) / 2; round++)
            {
                if (thread % 2 == 0)
                {
                    Assert.Equal(Expected(thread, round), Computed(device, thread, round));
                    device.Synchronize();
                    continue;
                }

                using var scope = new TensorScope();
                using var program = new TensorProgram<Tensor[], Tensor[]>(x => [Function(x[0])], device);
                for (int run = 0; run < 4; run++)
                    Assert.Equal(Expected(thread, run), program.Run([Input(device, thread, run)])[0].ToDoubles());
            }
        });
        Assert.Equal(0, device.Pool.LiveBlocks);
    }

    [Fact]
    public async Task AWaitKeepsNobodyFromGivingCommands()
    {
        SoftCuda.Require();
        using var device = Device.Open("cuda:0");
        var buffer = device.Allocate(sizeof(float));
        device.Fill(ElementType.Float32, buffer, 1);
        device.Synchronize();
        float[] read = new float[1];
        Action[] waits = [device.Synchronize, () => device.Download<float>(buffer, read)];
        foreach (var wait in waits)
        {
            SoftCuda.Hold(true);
            try
            {
                var waiting = Task.Run(wait);
                Assert.True(SpinWait.SpinUntil(() => SoftCuda.Held == 1, s_soon), "nobody waits");
                var giving = Task.Run(() =>
                {
                    device.Fill(ElementType.Float32, buffer, 2);
                    device.Upload<float>([3], buffer);
                });
                await giving.WaitAsync(s_soon);
                Assert.False(waiting.IsCompleted);
                SoftCuda.Hold(false);
                await waiting.WaitAsync(s_soon);
            }
            finally
            {
                SoftCuda.Hold(false);
            }
        }

        device.Free(buffer);
    }

    [Fact]
    public void GraphsAreDestroyedOnWhateverThread()
    {
        SoftCuda.Require();
        using var device = Device.Open("cuda:0");
        int graphs = SoftCuda.Count("graphs");
        var program = new TensorProgram<Tensor[], Tensor[]>(x => [Function(x[0])], device);
        using (new TensorScope())
        {
            for (int run = 0; run < 3; run++)
                program.Run([Input(device, 1, run)]);
        }

        Assert.Equal(graphs + 1, SoftCuda.Count("graphs"));
        var thread = new Thread(program.Dispose);
        thread.Start();
        thread.Join();
        Assert.Equal(graphs, SoftCuda.Count("graphs"));
    }

    [Fact]
    public void ForksShareAContextThatGoesWithTheLast()
    {
        SoftCuda.Require();
        string[] kinds = ["contexts", "streams", "events", "page-locked", "graphs"];
        int[] before = [.. kinds.Select(SoftCuda.Count)];
        var device = Device.Open("cuda:0");
        var fork = device.Fork();
        Assert.Equal(Expected(1, 1), Computed(device, 1, 1));
        Assert.Equal(Expected(2, 1), Computed(fork, 2, 1));
        Assert.Equal(before[0] + 1, SoftCuda.Count("contexts"));
        Assert.Equal(((IlgpuDevice)device).Kernels.Count(), ((IlgpuDevice)fork).Kernels.Count());
        device.Dispose();
        Assert.Equal(before[0] + 1, SoftCuda.Count("contexts"));
        Assert.Equal(Expected(3, 1), Computed(fork, 3, 1));
        fork.Dispose();
        Assert.Equal(before, kinds.Select(SoftCuda.Count));
    }

    private static Tensor Function(Tensor x) => ((x * 2) + 1).Square().Sum(-1).Unsqueeze(-1) + x;

    private static Tensor Input(Device device, int thread, int round)
        => Tensor.From([.. Enumerable.Range(0, 300).Select(i => (double)(i % 7) + (10 * thread) + round)], [3, 100], device: device);

    private static double[] Computed(Device device, int thread, int round)
    {
        using var scope = new TensorScope();
        return Function(Input(device, thread, round)).ToDoubles();
    }

    private static double[] Expected(int thread, int round) => Computed(Device.Cpu, thread, round);

    private static void Together(int count, Action<int> act)
    {
        using var start = new Barrier(count);
        Task[] tasks =
        [
            .. Enumerable.Range(0, count).Select(number => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait();
                    act(number);
                },
                TaskCreationOptions.LongRunning)),
        ];
        Task.WaitAll(tasks);
    }
}
