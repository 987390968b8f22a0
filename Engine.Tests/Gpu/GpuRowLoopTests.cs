using Engine.Core;
using Engine.Kernels;
using Engine.Kernels.Gpu;
using Engine.RL.Agents;
using Engine.RL.Environments;
using Engine.Tests.RL;
using Xunit;

namespace Engine.Tests.Gpu;

/// <summary>Loops over independent rows, which a GPU runs as one kernel: rollouts above all.</summary>
[Collection(nameof(GpuCollection))]
public class GpuRowLoopTests
{
    private const int Games = 3;

    public static TheoryData<string, string, ElementType> Rollouts
        =>
        [
            .. from device in TestDevices.Gpus.Select(row => row.Data)
               from kind in EnvironmentKind.All
               from type in (ElementType[])[ElementType.Float32, ElementType.Float64]
               select (device, kind.Name, type),
        ];

    public static TheoryData<string> Kinds => [.. EnvironmentKind.All.Select(kind => kind.Name)];

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Rollouts))]
    public void RolloutsPlayTheSameGames(string name, string kind, ElementType type)
    {
        using var scope = new TensorScope();
        var (expected, _) = Play(Device.Cpu, kind, type, 6);
        var (actual, _) = Play(TestDevices.Open(name), kind, type, 6);

        // Sines and cosines of a pole are those of the device.
        double tolerance = type == ElementType.Float32 || kind == "cartpole" ? 1e-5 : 1e-12;
        foreach (var (wanted, got) in expected.Zip(actual))
            Close.All(wanted.ToDoubles(), got.ToDoubles(), tolerance);
    }

    // More rows than a large GPU has multiprocessors have groups of fewer threads.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(TestDevices.ForKernels), MemberType = typeof(TestDevices))]
    public void ManyGamesAreTheSameGames(string name)
    {
        using var scope = new TensorScope();
        var (expected, _) = Play(Device.Cpu, "snake", ElementType.Float32, 5, games: 150);
        var (actual, _) = Play(TestDevices.Open(name), "snake", ElementType.Float32, 5, games: 150);
        foreach (var (wanted, got) in expected.Zip(actual))
            Close.All(wanted.ToDoubles(), got.ToDoubles(), 1e-5);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ARolloutTakesAsManyCommandsHoweverLongItIs(string kind)
    {
        using var scope = new TensorScope();
        using var device = IlgpuDevice.OpenDry();
        int commands = Play(device, kind, ElementType.Float32, 8).Commands;
        Assert.Equal(commands, Play(device, kind, ElementType.Float32, 20).Commands);
        Assert.True(Play(Device.Cpu, kind, ElementType.Float32, 8).Commands > commands);
    }

    private static (IReadOnlyList<Tensor> Played, int Commands) Play(
        Device device, string kind, ElementType type, int steps, int games = Games)
    {
        var (environment, key) = (Small(kind), Key.Of(3, device));
        var network = ActorCritic.Initial(key.Fold(0), environment.ObservationShape, environment.ActionCount, type: type);
        using var program = new TensorProgram<(ActorCritic Network, object State, Key Key), (Trajectory, object)>(
            x => Batch.Map(game => Trajectory.Collect(environment, x.Network, game.State, game.Key, steps), (x.State, x.Key)));
        var inputs = (network, environment.ResetAll(key.Fold(1).Split(games)), key.Fold(2).Split(games));
        program.Run(inputs);
        return (Tree.Leaves(program.Run(inputs)), program.CommandCount);
    }

    private static IEnvironment<object> Small(string name)
        => name switch
        {
            "snake" => AnyEnvironment.Of(new Snake(5, 6, stepLimit: 4)),
            "catch" => AnyEnvironment.Of(new Catch(5, 4)),
            "cartpole" => AnyEnvironment.Of(new CartPole(stepLimit: 4)),
            _ => AnyEnvironment.Of(new Maze(5, 5, stepLimit: 4)),
        };
}
