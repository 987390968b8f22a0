using System.CommandLine;
using System.Globalization;
using Engine.Bench.Output;
using Engine.Kernels;

namespace Engine.Bench.Commands;

/// <summary>engine devices: what can compute here.</summary>
public static class DevicesCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var command = new BenchCommand("devices", "List the devices that can compute here: the names that --device takes.")
        {
            Examples = { ("engine devices", "list them") },
        };
        command.SetAction(parsed =>
        {
            parsed.Console().WriteTable(["Name", "Model", ">Memory", "Driver"], Device.Names.Select(Row));
            if (Device.CudaProblem is { } problem)
                parsed.InvocationConfiguration.Output.WriteLine(problem);
            return ExitCodes.Ok;
        });
        return command;
    }

    // A device that can't be opened is listed too, with the reason: that is what one looks for here.
    private static string[] Row(string name)
    {
        try
        {
            using var device = Device.Open(name);
            string memory = string.Create(CultureInfo.InvariantCulture, $"{device.MemoryBytes / (double)(1 << 30):0.0} GiB");
            return [name, device.Description, memory, device.Driver];
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return [name, Printable.Line(e.Message), "-", "-"];
        }
    }
}
