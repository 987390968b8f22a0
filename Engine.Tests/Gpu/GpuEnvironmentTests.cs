using Engine.Core;
using Engine.Core.Operations;
using Engine.Kernels;
using Engine.Kernels.Gpu;
using Engine.RL.Environments;
using Xunit;

namespace Engine.Tests.Gpu;

/// <summary>Random numbers and environments on a GPU: the same bits as on the processor.</summary>
[Collection(nameof(GpuCollection))]
public class GpuEnvironmentTests
{
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(TestDevices.Gpus), MemberType = typeof(TestDevices))]
    public void UniformNumbersHaveTheSameBits(string name)
    {
        Operation[] draws =
        [
            new DrawUniform(0, 1, 5, 2, [3, 11], ElementType.Float32),
            new DrawUniform(0, 1, 5, 2, [3, 11], ElementType.Float64),
            new DrawIntegers(-3, 1 << 30, 5, 2, [3, 11]),
            new DrawIntegers(0, 3 << 29, 5, 2, [3, 11]),
            new DrawIntegers(int.MinValue, int.MaxValue, 5, 2, [3, 11]),
            new DrawIntegers(0, 10, 5, 2, [3, 11]),
        ];
        foreach (var draw in draws)
            Assert.Equal(Draw(draw, Device.Cpu), Draw(draw, TestDevices.Open(name)));

        static double[] Draw(Operation draw, Device device)
        {
            using var scope = new TensorScope();
            return draw.Apply(Streams.Of(-1, 1, 7, 3, device, 1 << 20)).ToDoubles();
        }
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(TestDevices.Gpus), MemberType = typeof(TestDevices))]
    public void EpisodesOfSnakeAreTheSame(string name)
    {
        const int Boards = 5, Steps = 12;
        var snake = new Snake(2, 3, stepLimit: 9);
        Device device = TestDevices.Open(name);
        using var scope = new TensorScope();
        Tensor streams = Streams.Of(4, replicates: Boards), there = Streams.Of(4, replicates: Boards, device: device);
        Tensor[] state = snake.Reset(streams), same = snake.Reset(there);
        var random = new Random(1);
        int ended = 0;
        for (int step = 0; step < Steps; step++)
        {
            int[] actions = [.. Enumerable.Range(0, Boards).Select(_ => random.Next(4))];
            var expected = snake.Step(state, Tensor.From(actions, [Boards]), streams, step);
            var actual = snake.Step(same, Tensor.From(actions, [Boards], device), there, step);
            Assert.Equal(expected.State[0].ToArray<int>(), actual.State[0].ToArray<int>());
            Assert.Equal(expected.Observation.ToArray<float>(), actual.Observation.ToArray<float>());
            Assert.Equal(expected.Reward.ToArray<float>(), actual.Reward.ToArray<float>());
            ended += expected.Terminated.ToArray<float>().Count(end => end != 0);
            (state, same) = (expected.State, actual.State);
        }

        Assert.True(ended > 2, "too few episodes ended to have tried a new start");
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(TestDevices.Gpus), MemberType = typeof(TestDevices))]
    public void ARolloutWaitsForNothing(string name)
    {
        using var device = (IlgpuDevice)Device.Open(name);
        using var scope = new TensorScope();
        var snake = new Snake(2, 2);
        var streams = Streams.Of(0, replicates: 2, device: device);
        var state = snake.Reset(streams);
        for (int step = 0; step < 3; step++)
        {
            var actions = new DrawIntegers(0, 4, 1, step, [2, 1]).Apply(streams).Reshape(2);
            state = snake.Step(state, actions, streams, step).State;
        }

        Assert.Equal(0, device.Waits);
        Assert.Equal(2, state[0].Shape[0]);
    }
}
