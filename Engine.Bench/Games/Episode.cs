using Engine.Core;
using Engine.Kernels;
using Engine.RL.Agents;

namespace Engine.Bench.Games;

/// <summary>One episode of Snake, frame by frame.</summary>
internal static class Episode
{
    // Steps from one look at the states to the next.
    private const int Chunk = 64;

    /// <summary>Plays an episode: the one that <see cref="Episodes"/> plays with the same seed and number.</summary>
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
        var snake = agent.Snake;
        using var scope = new TensorScope();
        var episode = Episodes.Keys(seed, number, 1, device)[0];
        using var program = new TensorProgram<(Tensor Time, Tensor State), (Tensor Time, Tensor State)>(Step, device);
        var state = Episodes.Begin(snake, episode);
        var time = Tensor.Scalar(0, ElementType.Int32, device);
        var frames = new List<SnakeFrame> { SnakeFrame.Read(snake, state) };
        while (true)
        {
            using var inner = new TensorScope();
            var states = new Tensor[Chunk];
            for (int i = 0; i < Chunk; i++)
            {
                cancel.ThrowIfCancellationRequested();
                (time, state) = program.Run((time, state));
                states[i] = state;
            }

            foreach (var frame in SnakeFrame.ReadAll(snake, Tensor.Stack(0, states)))
            {
                frames.Add(frame);
                if (frame.End != SnakeEnd.None)
                    return frames;
            }

            inner.Keep((time, state));
        }

        (Tensor Time, Tensor State) Step((Tensor Time, Tensor State) before)
        {
            var now = before.Time + 1;
            return (now, Episodes.Step(snake, agent.Logits, kind, before.State, episode, now).Step.State);
        }
    }
}
