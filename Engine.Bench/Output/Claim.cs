using System.Text.Json.Serialization;

namespace Engine.Bench.Output;

/// <summary>A statement of the paper, put to the test.</summary>
/// <param name="Letter">What it is called by.</param>
/// <param name="Text">What it says.</param>
/// <param name="Numbers">What was measured, with errors.</param>
/// <param name="Holds">Whether the measurements bear it out.</param>
public sealed record Claim(char Letter, string Text, string Numbers, bool Holds)
{
    /// <summary>"holds" or "does not hold".</summary>
    [JsonIgnore]
    public string Verdict => Holds ? "holds" : "does not hold";
}
