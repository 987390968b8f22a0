using Engine.Core.Trees;
using static System.FormattableString;

namespace Engine.Core;

/// <summary>How two trees of results differ, for messages.</summary>
internal static class ResultDifference
{
    /// <summary>The largest difference, with the name of the tensor that has it; null if there is none. NaN equals NaN.</summary>
    public static string? Of<T>(T replayed, T anew)
    {
        if (!TreeSignature.Of(replayed, isExact: true).Fits(anew))
            return "structure, shapes, or what is no tensor";
        string[] names = Tree.Names(replayed);
        Tensor[] first = Tree.Leaves(replayed), second = Tree.Leaves(anew);
        (double Size, string Text)? largest = null;
        for (int leaf = 0; leaf < names.Length; leaf++)
        {
            double[] x = first[leaf].ToDoubles(), y = second[leaf].ToDoubles();
            for (int i = 0; i < x.Length; i++)
            {
                double size = Distance(x[i], y[i]);
                if (size > (largest?.Size ?? 0))
                {
                    string name = names[leaf].Length == 0 ? "the result" : names[leaf];
                    largest = (size, Invariant($"{name} by {size:G3} at element {i} of {first[leaf].Shape}: {x[i]} and {y[i]}"));
                }
            }
        }

        return largest?.Text;
    }

    // A NaN or an infinity on one side alone is further than any number.
    private static double Distance(double x, double y)
        => x.Equals(y) ? 0 : Math.Abs(x - y) is var distance && double.IsNaN(distance) ? double.PositiveInfinity : distance;
}
