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
    private readonly Tensor _actions;

    public SnakeStepsWorkload(int environments, Device device)
    {
        var random = new Random(0);
        _actions = Tensor.From<int>(
            [.. Enumerable.Range(0, Steps * environments).Select(_ => random.Next(_game.ActionCount))], [environments, Steps], device);
        using var scope = new TensorScope();
        var boards = Batch.Map(_game.Reset, SeedKeys.Start(0, device).Split(environments));
        _loop = new((old, _) => Play(old.Iteration, old.Boards), (Tensor.Scalar(0, ElementType.Int32, device), boards));
    }

    public Tensor[] Run() => _loop.Run(default);

    public void Dispose()
    {
        _loop.Dispose();
        _actions.Dispose();
    }

    // Rewards and sums of observations are results, so that nothing is spared.
    private ((Tensor Iteration, Tensor Boards) Next, Tensor[] Results) Play(Tensor iteration, Tensor boards)
    {
        var keys = SeedKeys.Updates(0, boards.Device).Fold(iteration).Split(boards.Shape[0]);
        var (next, rewards, sums) = Batch.Map(
            game =>
            {
                var (rewards, sums, board) = (new Tensor[Steps], new Tensor[Steps], game.Board);
                for (int t = 0; t < Steps; t++)
                {
                    (var step, board) = _game.StepAndReset(board, game.Actions[t], game.Key.Fold(t));
                    (rewards[t], sums[t]) = (step.Reward, _game.Observe(board).Sum());
                }

                return (board, Tensor.Stack(0, rewards), Tensor.Stack(0, sums));
            },
            (Board: boards, Actions: _actions, Key: keys));
        return ((iteration + 1, next), [rewards, sums]);
    }
}
