using Engine.Core;
using Engine.Kernels;
using Engine.RL;
using Engine.RL.Environments;

namespace Engine.Bench.Workloads;

/// <summary>Steps of Snake on the paper's board, with fixed random actions and an observation after each.</summary>
internal sealed class SnakeStepsWorkload : IWork
{
    private const int Steps = 20;

    private readonly Snake _game = new();
    private readonly TensorLoop<(Tensor Iteration, Tensor Boards), ValueTuple, Tensor[]> _loop;
    private readonly Tensor[] _actions;

    public SnakeStepsWorkload(int environments, Device device)
    {
        var random = new Random(0);
        _actions = [.. Enumerable.Range(0, Steps).Select(_ => Tensor.From<int>(
            [.. Enumerable.Range(0, environments).Select(_ => random.Next(_game.ActionCount))], [environments], device))];
        using var scope = new TensorScope();
        var boards = Batch.Map(_game.Reset, SeedKeys.Start(0, device).Split(environments));
        _loop = new((old, _) => Play(old.Iteration, old.Boards), (Tensor.Scalar(0, ElementType.Int32, device), boards));
    }

    public Tensor[] Run() => _loop.Run(default);

    public void Dispose()
    {
        _loop.Dispose();
        Tree.Dispose(_actions);
    }

    // Rewards and sums of observations are results, so that nothing is spared.
    private ((Tensor Iteration, Tensor Boards) Next, Tensor[] Results) Play(Tensor iteration, Tensor boards)
    {
        var keys = SeedKeys.Updates(0, boards.Device).Fold(iteration).Split(boards.Shape[0]);
        var (rewards, sums) = (new Tensor[Steps], new Tensor[Steps]);
        for (int t = 0; t < Steps; t++)
        {
            (boards, rewards[t], var observations) = Batch.Map(Step, (Board: boards, Action: _actions[t], Key: keys.Fold(t)));
            sums[t] = observations.Sum();
        }

        return ((iteration + 1, boards), [Tensor.Stack(0, rewards), Tensor.Stack(0, sums)]);
    }

    private (Tensor Board, Tensor Reward, Tensor Observation) Step((Tensor Board, Tensor Action, Key Key) game)
    {
        var (step, next, observation) = _game.StepAndReset(game.Board, game.Action, game.Key);
        return (next, step.Reward, observation);
    }
}
