using Engine.Core;
using Engine.Core.Files;
using Engine.Kernels.Cpu;
using Engine.RL.Experiments;
using Xunit;

namespace Engine.Tests.RL;

public class TrainedAgentTests
{
    private static readonly SnakeRun s_run = new("1", 4, SmallSnake.Settings);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void LogitsAreThoseOfTheNetwork(bool outerValueHead)
    {
        var run = s_run with { Settings = s_run.Settings with { OuterValueHead = outerValueHead } };
        var snapshot = SmallSnake.After(2, run);
        using var scope = new TensorScope();
        using var agent = new TrainedAgent(run.Settings, snapshot.Tensors);
        Assert.Equal((4, 5, 9), (agent.Environment.Rows, agent.Environment.Columns, agent.Environment.StepLimit));
        var hand = new SmallSnake.ByHand(run with { Method = "0" }, snapshot);
        var observations = hand.Game.Observe(hand.Environments);
        var logits = agent.Logits(observations);
        Assert.Equal([3, 4], logits.Shape.Sizes.ToArray());
        Assert.Equal(hand.Network.Apply(hand.Parameters, observations).Logits.ToStored(), logits.ToStored());
        Assert.NotEqual(
            logits.ToStored(), new TrainedAgent(run.Settings, SmallSnake.After(1, run).Tensors).Logits(observations).ToStored());
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
        Assert.Equal(
            "The checkpoint has no tensor 'parameters.policy1.bias'.",
            Refused(s_run.Settings, Without("parameters.policy1.bias")));
        Assert.Equal(
            "The checkpoint has no tensor 'parameters.outer0.weight'.",
            Refused(s_run.Settings with { OuterValueHead = true }, snapshot.Tensors));
        Assert.Equal(
            "The checkpoint's tensor 'parameters.dense.weight' is Float32 [32, 40], not Float32 [64, 40].",
            Refused(s_run.Settings with { Rows = 8 }, snapshot.Tensors));
        var other = Without("parameters.dense.bias");
        other["parameters.dense.bias"] = StoredTensor.Of<double>([40], new double[40]);
        Assert.Equal("The checkpoint's tensor 'parameters.dense.bias' is Float64 [40], not Float32 [40].", Refused(s_run.Settings, other));

        Dictionary<string, StoredTensor> Without(string name) => snapshot.Tensors.Where(tensor => tensor.Key != name).ToDictionary();

        static string Refused(SnakeSettings settings, IReadOnlyDictionary<string, StoredTensor> tensors)
        {
            using var device = new CpuDevice(1);
            string message = Assert.Throws<InvalidDataException>(() => new TrainedAgent(settings, tensors, device)).Message;
            Assert.Equal(0, device.Pool.LiveBlocks);
            return message;
        }
    }
}
