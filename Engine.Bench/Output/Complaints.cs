using Engine.Kernels;

namespace Engine.Bench.Output;

/// <summary>Turns what went wrong into a line and an exit code.</summary>
internal static class Complaints
{
    // No room on Linux and macOS, no quota on Linux, and the two of Windows.
    private static readonly int[] s_diskFull = [28, 122, unchecked((int)0x80070070), unchecked((int)0x80070027)];

    /// <summary>Whether something could not be written because there is no room for it.</summary>
    public static bool IsDiskFull(Exception exception) => exception is IOException && s_diskFull.Contains(exception.HResult);

    /// <summary>Prints the line and returns the code. ENGINE_DEBUG=1 adds where an unforeseen failure came from.</summary>
    public static int Print(Exception exception, TextWriter error)
    {
        var (message, code) = exception switch
        {
            UserError or InvalidDataException or UnauthorizedAccessException => (exception.Message, ExitCodes.UserError),
            Interrupted => (exception.Message, ExitCodes.Interrupted),
            OperationCanceledException => ("Interrupted.", ExitCodes.Interrupted),
            IOException when IsDiskFull(exception)
                => ($"The disk is full: make room, or name a folder elsewhere with --out. ({exception.Message})", ExitCodes.UserError),
            IOException
                => ($"A file can't be used: {exception.Message.TrimEnd('.')}. Put that right, or name another one.", ExitCodes.UserError),
            OutOfMemoryException => ($"There is not enough memory for a run of this size. {exception.Message}", ExitCodes.UserError),
            NotFiniteNumberException => ($"{exception.Message} The checkpoint is from before.", ExitCodes.Failed),
            DeviceException => ($"{exception.Message} A run with a checkpoint goes on with --resume.", ExitCodes.Failed),
            _ => ($"{exception.GetType().Name}: {exception.Message}", ExitCodes.Failed),
        };
        error.WriteLine(Printable.Line(message));
        if (code == ExitCodes.Failed && exception is not (DeviceException or NotFiniteNumberException))
        {
            error.WriteLine(Environment.GetEnvironmentVariable("ENGINE_DEBUG") == "1"
                ? exception.ToString()
                : "This should not happen; with ENGINE_DEBUG=1 in the environment it says where.");
        }

        return code;
    }
}
