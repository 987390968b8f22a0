using System.Text.Json.Serialization;
using Engine.RL;
using Engine.RL.Environments;
using Engine.RL.Meta;
using Engine.RL.Training;

namespace Engine.Bench.Scaling;

/// <summary>What is measured: updates of an agent that differs from the default one in one thing at a time.</summary>
internal sealed record ScalingSettings
{
    /// <summary>How meta-gradients are taken; of the axis n its number of steps alone changes.</summary>
    [Setting("Meta-gradients: n steps as 5, a mix as 5-mix, a trace as trace-5, back-5 to look back.")]
    public string Method { get; init; } = "1";

    /// <summary>The board of Snake.</summary>
    [Setting("Rows and columns of the board of Snake, as 6 for 6x6 or 10x14.")]
    public Grid Grid { get; init; } = new(12, 12);

    /// <summary>What grows, one after the other.</summary>
    [Setting("What grows; each by itself, all where it is not given.")]
    public IReadOnlyList<ScalingAxis> Only { get; init; } = Enum.GetValues<ScalingAxis>();

    /// <summary>How far.</summary>
    [Setting("The largest value of anything that grows, but for the one that it begins with.", AtLeast = 1)]
    public int Max { get; init; } = 4096;

    /// <summary>Timed calls of a point.</summary>
    [Setting("Timed calls of a point; the median is what counts.", AtLeast = 1)]
    public int Repeats { get; init; } = 11;

    /// <summary>Seconds of calls before these, of a point whose calls are short.</summary>
    [Setting("Seconds of calls before these, at least three; they don't count.", AtLeast = 0, AtMost = 1e6)]
    public double WarmUp { get; init; } = 1;

    /// <summary>Seconds that a point may take on a device.</summary>
    [Setting("Seconds for a point on a device: then it is timed in fewer calls, or skipped.", Above = 0, AtMost = 1e6)]
    public double Limit { get; init; } = 60;

    /// <summary>GiB that replays of a point may work in; null for half of what the device has.</summary>
    [Setting("GiB that replays of a point may work in, or it is skipped; half of a device's where it is not given.", Above = 0)]
    public double? MemoryLimit { get; init; }

    /// <summary><see cref="Method"/>, read.</summary>
    [JsonIgnore]
    public MetaGradientMethod MetaGradient => MetaGradientMethod.Parse(Method);

    /// <summary>The agent that everything grows from.</summary>
    [JsonIgnore]
    public LearningSettings Agent => new() { Grid = Grid };

    /// <summary>Makes sure that every setting is in range.</summary>
    /// <exception cref="ArgumentException">One is not; the message names it, its value and what would do.</exception>
    public void Validate()
    {
        Setting.Validate(this);
        Setting.Require(MetaGradient.Steps > 0, "method", Method, "one that looks a step ahead, such as 1");
        Setting.Require(Only.Count > 0, "only", "empty", "a list such as agents,n");
        Setting.RequireOnce("only", Only);
        Agent.Validate();
    }
}
