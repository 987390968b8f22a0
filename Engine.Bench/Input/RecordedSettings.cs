using System.Text.Json.Nodes;
using Engine.Bench.Output;
using Engine.RL;

namespace Engine.Bench.Input;

/// <summary>A setting that says how much there is of a run, and that has grown since the run began.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Before">What it was; of a list, how long.</param>
/// <param name="Now">What it is; of a list, how long.</param>
public sealed record GrownSetting(string Name, long Before, long Now)
{
    /// <summary>How a setting has changed, if that can be growth: another number, or a list that has gained something.</summary>
    internal static GrownSetting? Of(string name, JsonNode? before, JsonNode? now) => (before, now) switch
    {
        (JsonValue was, JsonValue number) when was.TryGetValue(out long from) && number.TryGetValue(out long to) && from != to
            => new(name, from, to),
        (JsonArray few, JsonArray many) when few.Count < many.Count && few.All(item => many.Any(other => JsonNode.DeepEquals(item, other)))
            => new(name, few.Count, many.Count),
        _ => null,
    };
}

/// <summary>The settings that a run began with, against those it is to go on with.</summary>
internal static class RecordedSettings
{
    /// <summary>Compares settings.</summary>
    /// <param name="before">Those that the run began with, a JSON object.</param>
    /// <param name="now">Those given now, a JSON object.</param>
    /// <param name="type">The record that says which of them may grow.</param>
    /// <returns>Those that have grown.</returns>
    /// <exception cref="UserError">Others differ, or one of these has become less.</exception>
    public static IReadOnlyList<GrownSetting> Require(string before, string now, Type type)
    {
        var grown = new List<GrownSetting>();
        string? differences = Differences(before, now, type, grown);
        if (grown.FirstOrDefault(setting => setting.Now < setting.Before) is { } less)
        {
            throw new UserError(FormattableString.Invariant(
                $"--resume: {less.Name} is {less.Now}, but must be at least {less.Before}, as it was before: it may grow, not shrink."));
        }

        return differences is null ? grown : throw new UserError(
            $"--resume: The checkpoint was saved with other settings: {differences}. "
            + "Give those, or start anew in another folder with --out.");
    }

    /// <summary>How settings differ, but for what may grow; null if they don't.</summary>
    public static string? Differences(string before, string now, Type type, List<GrownSetting>? grown = null)
    {
        try
        {
            Core.Files.Checkpoint.RequireSameSettings(Grow(before, now, type, grown), now);
            return null;
        }
        catch (InvalidOperationException e)
        {
            // A line for each, after one that says what they are.
            return string.Join("; ", e.Message.Split(Environment.NewLine)[1..]);
        }
    }

    // The settings of before with what may grow as it is now, and with those that there were none of and are none.
    private static string Grow(string before, string now, Type type, List<GrownSetting>? grown)
    {
        string[] names = [.. Setting.Of(type).Where(setting => setting.About.MayGrow).Select(setting => setting.Name)];
        var (old, current) = (JsonNode.Parse(before)!.AsObject(), JsonNode.Parse(now)!.AsObject());
        Grow(old, current);
        return old.ToJsonString();

        void Grow(JsonObject old, JsonObject current)
        {
            foreach (var (name, value) in current)
            {
                if (value is JsonObject inner && old[name] is JsonObject outer)
                {
                    Grow(outer, inner);
                }
                else if (value is null && !old.ContainsKey(name))
                {
                    old[name] = null;
                }
                else if (names.Contains(name) && GrownSetting.Of(name, old[name], value) is { } setting)
                {
                    grown?.Add(setting);
                    old[name] = value!.DeepClone();
                }
            }
        }
    }
}
