namespace Engine.Kernels;

/// <summary>A device failed, or was lost, while it worked: what it holds is gone, and it must be opened anew.</summary>
public sealed class DeviceException : Exception
{
    /// <summary>A failure.</summary>
    /// <param name="device">The name of the device.</param>
    /// <param name="cause">What its runtime said.</param>
    public DeviceException(string device, Exception cause)
        : base($"Device '{device}' failed: {cause.Message.TrimEnd('.')}. What it held is lost.", cause)
    {
    }
}
