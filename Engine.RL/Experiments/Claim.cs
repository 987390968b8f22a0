namespace Engine.RL.Experiments;

/// <summary>A claim of the paper, tested.</summary>
/// <param name="Letter">The claim's letter in the documentation.</param>
/// <param name="Text">What is claimed, and when it is taken to hold.</param>
/// <param name="Numbers">What was measured.</param>
/// <param name="Holds">Whether it holds; null if the run lacks a method that the claim is about.</param>
public sealed record Claim(char Letter, string Text, string Numbers, bool? Holds)
{
    /// <summary>"holds", "does not hold" or "not tested".</summary>
    public string Verdict => Holds switch { true => "holds", false => "does not hold", null => "not tested" };
}
