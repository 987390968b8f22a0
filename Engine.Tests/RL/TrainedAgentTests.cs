using Engine.Core;
using Engine.Core.Files;
using Engine.Kernels.Cpu;
using Engine.RL.Training;
using Xunit;

namespace Engine.Tests.RL;

public class TrainedAgentTests
{
    private static readonly AgentRun s_run = new("1", 4, SmallSnake.Settings);

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 1)]
    [InlineData(false, 2)]
    public void LogitsAreThoseOfTheNetwork(bool outerValueHead, int width)
    {
        var run = s_run with { Settings = s_run.Settings with { OuterValueHead = outerValueHead, Width = width } };
        var snapshot = SmallSnake.After(2, run);
        using var scope = new TensorScope();
        using var agent = new TrainedAgent(run.Settings, snapshot.Tensors);
        Assert.Equal(("[4, 5, 5]", 4), (agent.Environment.ObservationShape.ToString(), agent.Environment.ActionCount));
        var hand = new SmallSnake.ByHand(run with { Method = "0" }, snapshot);
        using var younger = new TrainedAgent(run.Settings, SmallSnake.After(1, run).Tensors);
        for (int game = 0; game < run.Settings.Envs; game++)
        {
            var observation = hand.Game.Observe(hand.Games[game]);
            Assert.Equal(observation.ToStored(), agent.Environment.Observe(hand.Games[game]).ToStored());
            var logits = agent.Logits(observation);
            Assert.Equal([4], logits.Shape.Sizes.ToArray());
            Assert.Equal(hand.Learner.Inner.Parameters.Apply(observation).Logits.ToStored(), logits.ToStored());
            Assert.NotEqual(younger.Logits(observation).ToStored(), logits.ToStored());
        }
    }

    [Fact]
    public void OtherTensorsOfTheCheckpointAreNotNeeded()
    {
        var snapshot = SmallSnake.After(1, s_run);
        using var device = new CpuDevice(1);
        var parameters = snapshot.Tensors.Where(tensor => tensor.Key.StartsWith(TrainedAgent.Prefix, StringComparison.Ordinal));
        using (var agent = new TrainedAgent(s_run.Settings, parameters.ToDictionary(), device))
        {
            Assert.Same(device, agent.Device);
            Assert.Equal(14, device.Pool.LiveBlocks);
        }

        Assert.Equal(0, device.Pool.LiveBlocks);
    }

    [Fact]
    public void WrongAndMissingParametersAreNamed()
    {
        var snapshot = SmallSnake.After(1, s_run);
        const string Bias = "Inner.Parameters.Policy.Layers[1].Bias", Dense = "Inner.Parameters.Trunk.Dense.Weights";
        Assert.StartsWith($"there is no tensor {Bias}; ", Refused(s_run.Settings, Without(Bias)));
        Assert.StartsWith(
            "there is no tensor Inner.Parameters.OuterValue.Layers[0].Weights, ",
            Refused(s_run.Settings with { OuterValueHead = true }, snapshot.Tensors));
        Assert.Equal(
            $"tensor {Dense} is Float32 [32, 40], but Float32 [64, 40] is wanted.",
            Refused(s_run.Settings with { Grid = new(8, 5) }, snapshot.Tensors));
        Assert.Equal(
            "tensor Inner.Parameters.Trunk.First.Weights is Float32 [3, 3, 5, 32], but Float32 [3, 3, 5, 64] is wanted.",
            Refused(s_run.Settings with { Width = 2 }, snapshot.Tensors));
        var other = Without(Bias);
        other[Bias] = StoredTensor.Of<double>([4], new double[4]);
        Assert.Equal($"tensor {Bias} is Float64 [4], but Float32 [4] is wanted.", Refused(s_run.Settings, other));

        Dictionary<string, StoredTensor> Without(string name) => snapshot.Tensors.Where(tensor => tensor.Key != name).ToDictionary();

        static string Refused(LearningSettings settings, IReadOnlyDictionary<string, StoredTensor> tensors)
        {
            using var device = new CpuDevice(1);
            string message = Assert.Throws<InvalidDataException>(() => new TrainedAgent(settings, tensors, device)).Message;
            Assert.Equal(0, device.Pool.LiveBlocks);
            return message;
        }
    }
}
