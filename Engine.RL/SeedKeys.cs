using Engine.Core;
using Engine.Kernels;

namespace Engine.RL;

/// <summary>What the keys of a seed are for: all that is drawn with a seed is drawn from one of these.</summary>
public static class SeedKeys
{
    /// <summary>First weights.</summary>
    public static Key Weights(int seed, Device? device = null) => Key.Of(seed, device).Fold(0);

    /// <summary>The first state of environments.</summary>
    public static Key Start(int seed, Device? device = null) => Key.Of(seed, device).Fold(1);

    /// <summary>Training: folded with the number of an update, the key of that update.</summary>
    public static Key Updates(int seed, Device? device = null) => Key.Of(seed, device).Fold(2);

    /// <summary>An update of training, which draws from replicate 0 of it: this key folded with 0.</summary>
    public static Key Update(int seed, int update, Device? device = null) => Updates(seed, device).Fold(update);

    /// <summary>Episodes that nobody learns from.</summary>
    public static Key Episodes(int seed, Device? device = null) => Key.Of(seed, device).Fold(3);

    /// <summary>The keys of consecutive replicates of updates.</summary>
    /// <param name="updates">[...].</param>
    /// <param name="replicates">How many of each.</param>
    /// <param name="first">The number of the first.</param>
    /// <returns>[..., replicates].</returns>
    public static Key Replicates(Key updates, int replicates, int first = 0)
        => updates.Fold(first..(first + replicates));

    /// <summary>The keys of consecutive seeds, [seeds].</summary>
    public static Key Several(int first, int seeds, Func<int, Key> key) => Key.Stack(Enumerable.Range(first, seeds).Select(key));
}
