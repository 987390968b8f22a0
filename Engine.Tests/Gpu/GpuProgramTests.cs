using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Files;
using Engine.Core.Nn;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.Kernels.Gpu;
using Engine.RL.Experiments;
using Engine.RL.Meta;
using Xunit;

namespace Engine.Tests.Gpu;

/// <summary>Recorded programs on a GPU: what they compute, and how little the host has to do for a replay.</summary>
[Collection(nameof(GpuCollection))]
public class GpuProgramTests
{
    // The list of what to copy and the kernel that copies it.
    private const int CopyAll = 2;

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
        using var program = new TensorProgram<Tensor[], Tensor[]>(x => [(x[0] * 2).Sin() + x[1], x[0].Sum()], device);
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
            var settings = new SnakeSettings { Rows = 4, Columns = 4, Envs = 2, Rollout = 2 };
            using var learner = new SnakeLearner(new SnakeTask(settings), settings, MetaGradientMethod.Parse("0"), 0, device);
            for (int update = 0; update < 3; update++)
            {
                long launches = device.Launches, waits = device.Waits;
                Assert.Equal(SnakeLearner.MetricCount, learner.Step().Length);
                Assert.Equal(1, device.Waits - waits);

                // The update's number goes up, the metrics come down; between them lie the rollout, its gradient and the update.
                if (update == 2 && name.StartsWith("cuda", StringComparison.Ordinal))
                    Assert.Equal(1 + CopyAll + 1 + CopyAll + 1, device.Launches - launches);
            }
        }
    }

    // The second update is a graph; in a learner that goes on from the first one it is run as written.
    [Theory]
    [MemberData(nameof(TestDevices.ForUpdates), MemberType = typeof(TestDevices))]
    public void AnUpdateOfSnakeIsTheSameAsAGraphAndEachTime(string name)
    {
        var device = TestDevices.Open(name);
        var settings = new SnakeSettings { Rows = 4, Columns = 4, Envs = 2, Rollout = 2 };
        using var learner = Learner();
        double[] metrics = learner.Step();
        var first = learner.Capture();
        double[] replayed = learner.Step();
        var second = learner.Capture();

        using var resumed = Learner();
        resumed.Restore(first, 1);
        Assert.Equal(replayed, resumed.Step());
        Equal(second, resumed.Capture());

        using var again = Learner();
        Assert.Equal(metrics, again.Step());
        Assert.Equal(replayed, again.Step());
        Equal(second, again.Capture());

        SnakeLearner Learner() => new(new SnakeTask(settings), settings, MetaGradientMethod.Parse("1"), 0, device);

        static void Equal(Dictionary<string, StoredTensor> expected, Dictionary<string, StoredTensor> actual)
        {
            Assert.Equal(expected.Keys.Order(), actual.Keys.Order());
            Assert.All(expected, tensor => Assert.True(tensor.Value.Data.SequenceEqual(actual[tensor.Key].Data), tensor.Key));
        }
    }

    // A small network that learns, with random numbers, Adam's count and a learning rate that changes: all must live on the device.
    private static Tensor[] Train(Device device, int steps)
    {
        var network = new Mlp([2, 4, 1]);
        var optimiser = new Adam(1e-2);
        Tensor[] parameters = [.. network.Initialise(Key.Of(3, device).Reshape(1), ElementType.Float64)];
        using var loop = new TensorLoop<(Tensor[], OptimiserState<Tensor[]>), (Key Key, Tensor Rate), Tensor>(
            (learner, inputs) =>
            {
                var (theta, state) = learner;
                var x = Tensor.Normal(inputs.Key, [1, 3, 2], type: ElementType.Float64);
                var loss = (network.Apply(theta, x) - x.Sum(-1).Unsqueeze(-1)).Square().Mean();
                return ((optimiser with { LearningRate = inputs.Rate }).Update(theta, Gradient.Of(loss, theta), state), loss);
            },
            (parameters, optimiser.Initial(parameters)));
        var losses = new List<Tensor>();
        for (int i = 0; i < steps; i++)
            losses.Add(loop.Run((Key.Of(3, device).Fold(i), Tensor.From([0.01 / (i + 1)], [], device))));

        // Copies, because what a loop carries ends with it.
        return [.. losses, .. Tree.Leaves(loop.State).Select(tensor => tensor + 0)];
    }
}
