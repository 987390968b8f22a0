using Engine.Bench.Output;
using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Files;
using Engine.Core.Nn;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.Kernels.Gpu;
using Engine.RL.Environments;
using Engine.RL.Training;
using Xunit;

namespace Engine.Tests.Gpu;

/// <summary>Recorded programs on a GPU: what they compute, and how little the host has to do for a replay.</summary>
[Collection(nameof(GpuCollection))]
public class GpuProgramTests
{
    // The list of what to copy and the kernel that copies it.
    private const int CopyAll = 2;

    private static readonly LearningSettings s_settings = new() { Envs = 2, Rollout = 2 };

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(TestDevices.Gpus), MemberType = typeof(TestDevices))]
    public void ATrainingLoopAdvancesInReplaysAsOnTheProcessor(string name)
    {
        using var scope = new TensorScope();
        var expected = Train(Device.Cpu, 5);
        var actual = Train(TestDevices.Open(name), 5);
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Difference.Of(expected[i], actual[i]) < 1e-10, $"result {i}:\n{expected[i]}\n{actual[i]}");
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(TestDevices.Gpus), MemberType = typeof(TestDevices))]
    public void AReplayIsOneLaunchOnCudaBesideItsCopies(string name)
    {
        // A device of its own, so that no other test counts.
        using var device = (IlgpuDevice)Device.Open(name);
        using var program = new TensorProgram<Tensor[], Tensor[]>(x => [(x[0] * 2).Sin() + x[1], x[0].Sum(), x[0].Max()], device);
        using var scope = new TensorScope();
        Tensor[] inputs = [Tensor.From([1.0, 2, 3], [3], device), Tensor.From([4.0, 5, 6], [3], device)];
        for (int run = 0; run < 3; run++)
        {
            long launches = device.Launches, waits = device.Waits;
            var results = program.Run(inputs);
            launches = device.Launches - launches;
            Assert.Equal(waits, device.Waits);
            if (run > 0)
                Assert.Equal(CopyAll + (name.StartsWith("cuda", StringComparison.Ordinal) ? 1 : program.CommandCount) + CopyAll, launches);
            Assert.Equal(6, results[1].Item(), 1e-12);
        }

        Assert.True(program.CommandCount >= 3);
    }

    // Not on the emulator, which is too slow for this network.
    [Fact]
    public void AnUpdateOfSnakeWaitsForItsMetricsAlone()
    {
        foreach (string name in TestDevices.Names.Where(name => name is not ("cpu" or "emulator")))
        {
            using var device = (IlgpuDevice)Device.Open(name);
            using var trainer = Trainer.Of(new Snake(4, 4), s_settings, "0", device: device);
            for (int update = 0; update < 3; update++)
            {
                long launches = device.Launches, waits = device.Waits;
                Assert.True(double.IsFinite(trainer.Step().Single().InnerLoss.Single()));
                Assert.Equal(1, device.Waits - waits);

                // Nothing goes up, the metrics come down; before them are the rollout, its gradient and the update.
                if (update == 2 && name.StartsWith("cuda", StringComparison.Ordinal))
                    Assert.Equal(CopyAll + 1 + CopyAll + 1, device.Launches - launches);
            }
        }
    }

    // The second update is a graph; in a learner that goes on from the first one it is run as written.
    [Theory]
    [MemberData(nameof(TestDevices.ForUpdates), MemberType = typeof(TestDevices))]
    public void AnUpdateOfSnakeIsTheSameAsAGraphAndEachTime(string name)
    {
        var device = TestDevices.Open(name);
        using var trainer = Made();
        var metrics = trainer.Step().Single();
        var first = trainer.Capture(0);
        var replayed = trainer.Step().Single();
        var second = trainer.Capture(0);

        using var resumed = Made();
        resumed.Restore([first], 1);
        Same(replayed, resumed.Step().Single());
        Equal(second, resumed.Capture(0));

        using var again = Made();
        Same(metrics, again.Step().Single());
        Same(replayed, again.Step().Single());
        Equal(second, again.Capture(0));

        Trainer Made() => Trainer.Of(new Snake(4, 4), s_settings, "1", device: device);

        static void Same(UpdateMetrics<double[]> expected, UpdateMetrics<double[]> actual)
            => Assert.Equal(Json.Write(expected), Json.Write(actual));

        static void Equal(OrderedDictionary<string, StoredTensor> expected, OrderedDictionary<string, StoredTensor> actual)
        {
            Assert.Equal(expected.Keys, actual.Keys);
            Assert.All(expected, tensor => Assert.True(tensor.Value.Data.SequenceEqual(actual[tensor.Key].Data), tensor.Key));
        }
    }

    // A small network that learns, with random numbers, Adam's count and a learning rate that changes: all must live on the device.
    private static Tensor[] Train(Device device, int steps)
    {
        var network = Mlp.Initial(Key.Of(3, device), [2, 4, 1], type: ElementType.Float64);
        var optimiser = new Adam(1e-2);
        using var loop = new TensorLoop<(Mlp, OptimiserState<Mlp>), (Key Key, Tensor Rate), Tensor>(
            (learner, inputs) =>
            {
                var (network, state) = learner;
                var x = Tensor.Normal(inputs.Key, [3, 2], type: ElementType.Float64);
                var loss = (network.Apply(x) - x.Sum(-1).Unsqueeze(-1)).Square().Mean();
                return ((optimiser with { LearningRate = inputs.Rate }).Update(network, Gradient.Of(loss, network), state), loss);
            },
            (network, optimiser.Initial(network)));
        var losses = new List<Tensor>();
        for (int i = 0; i < steps; i++)
            losses.Add(loop.Run((Key.Of(3, device).Fold(i), Tensor.From([0.01 / (i + 1)], [], device))));

        // Copies, because what a loop carries ends with it.
        return [.. losses, .. Tree.Leaves(loop.State).Select(tensor => tensor + 0)];
    }
}
