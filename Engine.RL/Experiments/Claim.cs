namespace Engine.RL.Experiments;

/// <summary>A claim of the paper, tested.</summary>
/// <param name="Letter">The claim's letter in the documentation.</param>
/// <param name="Text">What is claimed, and when it is taken to hold.</param>
/// <param name="Numbers">What was measured, or why the claim is open.</param>
/// <param name="Holds">Whether it holds; null if the run can't decide it.</param>
public sealed record Claim(char Letter, string Text, string Numbers, bool? Holds)
{
    /// <summary>"holds", "fails" or "open".</summary>
    public string Verdict => Holds switch { true => "holds", false => "fails", null => "open" };

    /// <summary>A claim that a run measured; where that decides nothing, its numbers say why.</summary>
    /// <param name="letter">The claim's letter.</param>
    /// <param name="text">What is claimed.</param>
    /// <param name="seeds">Seeds that were run.</param>
    /// <param name="numbers">What was measured.</param>
    /// <param name="holds">Whether it holds; null if a number or its standard error is not known.</param>
    internal static Claim Measured(char letter, string text, int seeds, string numbers, bool? holds)
    {
        string why = holds is not null ? "" : seeds < 2 ? "; one seed has no standard error" : "; not all numbers are finite";
        return new Claim(letter, text, numbers + why, holds);
    }

    /// <summary>Whether all conditions hold: one that fails decides, and else one that is open leaves the whole open.</summary>
    internal static bool? All(IEnumerable<bool?> conditions) => conditions.Aggregate((bool?)true, (all, each) => all & each);
}
