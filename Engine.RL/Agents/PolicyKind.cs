namespace Engine.RL.Agents;

/// <summary>How actions are chosen from a policy's logits.</summary>
public enum PolicyKind
{
    /// <summary>Drawn with the policy's probabilities.</summary>
    Sampled,

    /// <summary>The most probable action; the first of equals.</summary>
    Greedy,

    /// <summary>Any action with equal probability; the policy is not asked.</summary>
    Random,
}
