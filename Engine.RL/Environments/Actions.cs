using Engine.Core;
using Engine.Kernels;

namespace Engine.RL.Environments;

/// <summary>What environments ask of actions.</summary>
internal static class Actions
{
    /// <summary>Throws if this is no action of one game: others could broadcast.</summary>
    public static void RequireScalarAction(this Tensor action, string environment)
    {
        if (action.Type != ElementType.Int32 || action.Rank != 0)
        {
            throw new ArgumentException(
                $"{environment}: an action is an Int32 scalar, got {action.Type} {action.Shape}: Batch.Map plays many games.",
                nameof(action));
        }
    }
}
