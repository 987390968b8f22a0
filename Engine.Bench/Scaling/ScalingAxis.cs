namespace Engine.Bench.Scaling;

/// <summary>What an update grows in.</summary>
internal enum ScalingAxis
{
    /// <summary>Agents that learn as one batch.</summary>
    Agents,

    /// <summary>Games of an agent.</summary>
    Envs,

    /// <summary>Inner steps of the meta-gradient.</summary>
    N,

    /// <summary>Meta-gradients of the Markov reward process that are averaged.</summary>
    Replicates,

    /// <summary>How many times as wide the network is.</summary>
    Width,
}
