using Engine.Core;
using Engine.RL.Environments;

namespace Engine.Bench.Games;

/// <summary>An agent that has learned to play Snake.</summary>
internal interface ITrainedAgent
{
    /// <summary>The game it learned.</summary>
    Snake Snake { get; }

    /// <summary>The agent in a few words: where it comes from and how long it learned.</summary>
    string Describe { get; }

    /// <summary>The policy's logits, [<see cref="Snake.ActionCount"/>].</summary>
    /// <param name="observation">Float32 [rows, columns, <see cref="Snake.Planes"/>].</param>
    Tensor Logits(Tensor observation);
}
