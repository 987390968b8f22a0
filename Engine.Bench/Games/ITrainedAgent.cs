using Engine.Core;
using Engine.RL.Environments;

namespace Engine.Bench.Games;

/// <summary>An agent that has learned to play Snake.</summary>
public interface ITrainedAgent
{
    /// <summary>The game it learned.</summary>
    Snake Environment { get; }

    /// <summary>The agent in a few words: where it comes from and how long it learned.</summary>
    string Describe { get; }

    /// <summary>The policy's logits.</summary>
    /// <param name="observations">Float32 [n, rows, columns, <see cref="Snake.Planes"/>].</param>
    /// <returns>[n, <see cref="Snake.ActionCount"/>].</returns>
    Tensor Logits(Tensor observations);
}
