using Engine.Core;
using Engine.Kernels;
using Engine.RL.Agents;
using Engine.RL.Environments;

namespace Engine.Bench.Games;

/// <summary>One episode of Snake, moment by moment.</summary>
internal static class Episode
{
    // Steps from one look at the states to the next.
    private const int Chunk = 64;

    /// <summary>Plays an episode: the one that <see cref="Evaluation"/> plays with the same seed and number.</summary>
    /// <param name="agent">Who plays.</param>
    /// <param name="kind">How actions are chosen.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="number">The number of the episode among those of the seed.</param>
    /// <param name="device">Where to play: the device of the agent's tensors; the processor if null.</param>
    /// <param name="cancel">Asks it to stop.</param>
    /// <returns>The first moment, and one after each step.</returns>
    public static IReadOnlyList<SnakeFrame> Play(
        ITrainedAgent agent, PolicyKind kind, int seed, int number = 0, Device? device = null, CancellationToken cancel = default)
    {
        device ??= Device.Cpu;
        var snake = agent.Environment;
        using var scope = new TensorScope();
        var advance = FreshEpisodes.Advance(device);
        using var program = new TensorProgram<(Tensor Streams, Tensor State), (Tensor Streams, Tensor State)>(Step, device);
        var streams = FreshEpisodes.Streams(seed, number, 1, device);
        var state = snake.Reset(streams, FreshEpisodes.Step)[0];
        var frames = new List<SnakeFrame> { SnakeFrame.Read(snake, state) };
        while (true)
        {
            using var inner = new TensorScope();
            var states = new Tensor[Chunk];
            for (int i = 0; i < Chunk; i++)
            {
                cancel.ThrowIfCancellationRequested();
                (streams, state) = program.Run((streams, state));
                states[i] = state;
            }

            foreach (var frame in SnakeFrame.ReadAll(snake, Tensor.Stack(0, states)))
            {
                frames.Add(frame);
                if (frame.End != SnakeEnd.None)
                    return frames;
            }

            inner.Keep((streams, state));
        }

        // The move alone, without the new episode that a step of the environment begins: the last moment stays to be seen.
        (Tensor Streams, Tensor State) Step((Tensor Streams, Tensor State) before)
        {
            var now = before.Streams + advance;
            var actions = FreshEpisodes.Choose(kind, () => agent.Logits(snake.Observe([before.State])), snake.ActionCount, now);
            var move = new SnakeMove(snake.Rows, snake.Columns, snake.StepLimit, FreshEpisodes.Step);
            return (now, move.Apply(before.State, actions, now));
        }
    }
}
