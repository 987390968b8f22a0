using Engine.Core;
using Engine.Kernels;
using Engine.RL.Agents;
using Engine.RL.Environments;

namespace Engine.Bench.Games;

/// <summary>One episode of a game, frame by frame.</summary>
internal static class Episode
{
    /// <summary>Plays an episode: the one that <see cref="Episodes"/> plays with the same seed and number.</summary>
    /// <param name="agent">Who plays.</param>
    /// <param name="kind">How actions are chosen.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="number">The number of the episode among those of the seed.</param>
    /// <param name="device">Where to play: the device of the agent's tensors; the processor if null.</param>
    /// <param name="cancel">Asks it to stop.</param>
    /// <returns>The first moment, and one after each step.</returns>
    public static IReadOnlyList<GameFrame> Play(
        ITrainedAgent agent, PolicyKind kind, int seed, int number = 0, Device? device = null, CancellationToken cancel = default)
    {
        device ??= Device.Cpu;
        var game = agent.Environment;
        using var scope = new TensorScope();
        var episode = Episodes.Keys(seed, number, 1, device)[0];
        using var program = new TensorProgram<(Tensor Time, object State), (Tensor Time, Tensor Action, EnvironmentStep<object> Step)>(
            Step, device);
        var (time, state) = (Tensor.Scalar(0, ElementType.Int32, device), Episodes.Begin(game, episode));
        var moment = new Moment(game, state, null, 0, 0, false, false);
        var frames = new List<GameFrame> { GameFrame.Read(moment) };
        while (!(moment.Terminated || moment.Truncated))
        {
            cancel.ThrowIfCancellationRequested();
            using var inner = new TensorScope();
            (time, var action, var step) = program.Run((time, state));
            state = step.State;
            moment = new Moment(
                game,
                state,
                (int)action.Item(),
                frames.Count,
                moment.Return + step.Reward.Item(),
                step.Terminated.Item() != 0,
                step.Truncated.Item() != 0);
            frames.Add(GameFrame.Read(moment));
            inner.Keep((time, state));
        }

        return frames;

        (Tensor Time, Tensor Action, EnvironmentStep<object> Step) Step((Tensor Time, object State) before)
        {
            var now = before.Time + 1;
            var (action, step) = Episodes.Step(game, agent.Logits, kind, before.State, episode, now);
            return (now, action, step);
        }
    }
}
