using System.Diagnostics;
using System.Reflection;

namespace Engine.Kernels;

/// <summary>Where in a user's code something happens, for messages.</summary>
internal static class CallSite
{
    /// <summary>The innermost method on the stack that is none of the engine's or the runtime's, with its line if known.</summary>
    public static string Here()
    {
        foreach (var frame in new StackTrace(fNeedFileInfo: true).GetFrames())
        {
            if (frame.GetMethod() is not { DeclaringType: { } type } method || IsOurs(type.Assembly.GetName().Name!))
                continue;
            string line = frame.GetFileName() is { } file ? $" ({Path.GetFileName(file)}:{frame.GetFileLineNumber()})" : "";
            return Named(type, method) + line;
        }

        return "an unknown place";
    }

    private static bool IsOurs(string assembly)
        => assembly is "Engine.Core" or "Engine.Kernels" || assembly.StartsWith("System.", StringComparison.Ordinal);

    // A lambda is a method <Outer>b__0 of a class within the one where it stands; statements at the top of a file are a method <Main>$.
    private static string Named(Type type, MethodBase method)
    {
        while (type.Name.StartsWith('<') && type.DeclaringType is { } outer)
            type = outer;
        string name = method.Name;
        return $"{type.Name}.{(name.StartsWith('<') ? name[..name.LastIndexOf('>')].Trim('<', '>', '$') : name)}";
    }
}
