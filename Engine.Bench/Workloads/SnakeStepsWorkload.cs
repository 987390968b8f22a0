using Engine.Core;
using Engine.Kernels;
using Engine.RL;
using Engine.RL.Environments;

namespace Engine.Bench.Workloads;

/// <summary>Steps of Snake on the paper's board, with fixed random actions and what is seen after each.</summary>
internal sealed class SnakeStepsWorkload : IWork
{
    private const int Steps = 20;

    private readonly Snake _game = new();
    private readonly TensorProgram<(Tensor Iteration, Tensor[] State), Tensor[]> _program;
    private readonly Tensor[] _actions;
    private readonly Device _device;
    private readonly int _environments;
    private Tensor[] _state;
    private int _iteration;

    public SnakeStepsWorkload(int environments, Device device)
    {
        (_environments, _device) = (environments, device);
        var random = new Random(0);
        _actions = [.. Enumerable.Range(0, Steps).Select(_ => Tensor.From<int>(Random(), [environments], device))];
        _program = new(Play, device);
        using var scope = new TensorScope();
        _state = scope.Keep(_game.Reset(SeedKeys.Start(0, device).Split(environments)));

        int[] Random() => [.. Enumerable.Range(0, environments).Select(_ => random.Next(_game.ActionCount))];
    }

    public Tensor[] Run()
    {
        using var scope = new TensorScope();
        var results = _program.Run((Tensor.Scalar(_iteration++, ElementType.Int32, _device), _state));
        foreach (var old in _state)
            old.Dispose();
        _state = scope.Keep(results[2..]);
        return scope.Keep(results[..2]);
    }

    public void Dispose()
    {
        _program.Dispose();
        foreach (var tensor in (Tensor[])[.. _actions, .. _state])
            tensor.Dispose();
    }

    // Rewards and sums of observations are results, so that nothing is spared.
    private Tensor[] Play((Tensor Iteration, Tensor[] State) inputs)
    {
        var (iteration, state) = inputs;
        var key = SeedKeys.Updates(0, _device).Fold(iteration).Split(_environments);
        var (rewards, observations) = (new Tensor[Steps], new Tensor[Steps]);
        for (int t = 0; t < Steps; t++)
        {
            var step = _game.Step(state, _actions[t], key.Fold(t));
            (state, rewards[t], observations[t]) = (step.State, step.Reward, step.Observation.Sum());
        }

        return [Tensor.Stack(0, rewards), Tensor.Stack(0, observations), .. state];
    }
}
