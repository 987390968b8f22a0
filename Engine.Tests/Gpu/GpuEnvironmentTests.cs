using Engine.Core;
using Engine.Core.Operations;
using Engine.Kernels;
using Engine.Kernels.Gpu;
using Engine.RL.Environments;
using Engine.Tests.RL;
using Xunit;

namespace Engine.Tests.Gpu;

/// <summary>Random numbers and environments on a GPU: the same bits as on the processor.</summary>
[Collection(nameof(GpuCollection))]
public class GpuEnvironmentTests
{
    public static TheoryData<string, string> Environments
        => [.. from device in TestDevices.Gpus from kind in EnvironmentKind.All select (device.Data, kind.Name)];

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(TestDevices.Gpus), MemberType = typeof(TestDevices))]
    public void UniformNumbersHaveTheSameBits(string name)
    {
        Operation[] draws =
        [
            new DrawUniform(0, 1, [11], ElementType.Float32),
            new DrawUniform(0, 1, [11], ElementType.Float64),
            new DrawIntegers(-3, 1 << 30, [11]),
            new DrawIntegers(0, 3 << 29, [11]),
            new DrawIntegers(int.MinValue, int.MaxValue, [11]),
            new DrawIntegers(0, 10, [11]),
        ];
        foreach (var draw in draws)
            Assert.Equal(Draw(draw, Device.Cpu), Draw(draw, TestDevices.Open(name)));

        static double[] Draw(Operation draw, Device device)
        {
            using var scope = new TensorScope();
            return draw.Apply(Key.Of(-1, device).Fold(7).Split(3).Words).ToDoubles();
        }
    }

    // More keys than a group has threads.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(TestDevices.Gpus), MemberType = typeof(TestDevices))]
    public void KeysHaveTheSameWords(string name)
    {
        Assert.Equal(Words(Device.Cpu), Words(TestDevices.Open(name)));

        static int[] Words(Device device)
        {
            using var scope = new TensorScope();
            var keys = Key.Of(-5, device).Split(301);
            var numbers = Tensor.Range(301, ElementType.Int32, device) - 150;
            Key[] all = [keys, keys.Fold(int.MinValue), keys.Fold(numbers), Key.Of(1L << 40, device).Fold(numbers), keys.Split(2).Fold(3)];
            return [.. all.SelectMany(key => key.Words.ToArray<int>())];
        }
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Environments))]
    public void EpisodesAreTheSame(string name, string environmentName)
    {
        const int Boards = 5, Steps = 12;
        var environment = Small(environmentName);
        Device device = TestDevices.Open(name);
        using var scope = new TensorScope();
        Key keys = Key.Of(4).Split(Boards), there = Key.Of(4, device).Split(Boards);
        object state = environment.ResetAll(keys), same = environment.ResetAll(there);
        var random = new Random(1);
        int ended = 0;
        for (int step = 0; step < Steps; step++)
        {
            int[] actions = [.. Enumerable.Range(0, Boards).Select(_ => random.Next(environment.ActionCount))];
            var expected = environment.StepAll(state, Tensor.From(actions, [Boards]), keys.Fold(step));
            var actual = environment.StepAll(same, Tensor.From(actions, [Boards], device), there.Fold(step));
            Tensor[] here = Tree.Leaves(expected), found = Tree.Leaves(actual);
            Assert.Equal(here.Length, found.Length);
            for (int i = 0; i < here.Length; i++)
            {
                // Sines and cosines of a pole are those of the device.
                double[] wanted = here[i].ToDoubles(), got = found[i].ToDoubles();
                if (environmentName == "cartpole" && here[i].Type == ElementType.Float32)
                    Assert.All(wanted.Zip(got), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
                else
                    Assert.Equal(wanted, got);
            }

            ended += Tensor.Maximum(expected.Terminated, expected.Truncated).ToArray<float>().Count(end => end != 0);
            (state, same) = (expected.State, actual.State);
        }

        Assert.True(ended > 2, "too few episodes ended to have tried a new start");
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Environments))]
    public void ARolloutWaitsForNothing(string name, string environmentName)
    {
        using var device = (IlgpuDevice)Device.Open(name);
        using var scope = new TensorScope();
        var environment = Small(environmentName);
        var keys = Key.Of(0, device).Split(2);
        object state = environment.ResetAll(keys);
        for (int step = 0; step < 3; step++)
        {
            var own = keys.Fold(step);
            state = environment.StepAll(state, Tensor.Integers(own.Fold(0), 0, environment.ActionCount, []), own.Fold(1)).State;
        }

        Assert.Equal(0, device.Waits);
        Assert.Equal(2, Tree.Leaves(state)[0].Shape[0]);
    }

    private static IEnvironment<object> Small(string name)
        => name switch
        {
            "snake" => AnyEnvironment.Of(new Snake(2, 3, stepLimit: 9)),
            "catch" => AnyEnvironment.Of(new Catch(4, 3)),
            "cartpole" => AnyEnvironment.Of(new CartPole(stepLimit: 9)),
            _ => AnyEnvironment.Of(new Maze(5, 5, stepLimit: 9)),
        };
}
